package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.message.Nearest;
import io.github.tommerspark.spark.ExecutorSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options given as Spark properties: {@code spark.tommer.threshold=0.9} is {@code --threshold 0.9}
 * unless the command line has one. Where an option may be repeated, ';' separates its values.
 * {@link ExecutorSettings} have no option and are read where they apply.
 */
public final class OptionProperties {

  private static final String PREFIX = "spark.tommer.";

  /** Options that say the same thing in different ways: one on the command line wins over all. */
  private static final List<Set<String>> ALTERNATIVES =
      List.of(Set.of("--model", "--models", "--backbone", "--head"));

  private OptionProperties() {}

  /**
   * The arguments of a command with those that properties add.
   *
   * @param command whose options they are
   * @param others commands whose options may stand beside them without effect
   * @param args from the command line
   * @param properties all settings of Spark
   * @throws ParameterException if a property belongs to no command
   */
  public static List<String> merge(
      CommandLine command,
      List<CommandLine> others,
      List<String> args,
      Map<String, String> properties) {
    List<String> merged = new ArrayList<>(args);
    new TreeMap<>(properties)
        .forEach(
            (key, value) -> {
              if (key.startsWith(PREFIX) && !ExecutorSettings.PROPERTIES.contains(key)) {
                String name = "--" + key.substring(PREFIX.length());
                OptionSpec option = command.getCommandSpec().findOption(name);
                if (option != null && !given(args, name)) {
                  merged.addAll(arguments(command, option, name, key, value));
                } else if (option == null
                    && others.stream().allMatch(o -> o.getCommandSpec().findOption(name) == null)) {
                  throw unknown(command, key, name);
                }
              }
            });
    return merged;
  }

  private static boolean given(List<String> args, String name) {
    Set<String> names =
        ALTERNATIVES.stream().filter(set -> set.contains(name)).findFirst().orElse(Set.of(name));
    return args.stream().anyMatch(arg -> names.contains(arg.split("=", 2)[0]));
  }

  private static List<String> arguments(
      CommandLine command, OptionSpec option, String name, String key, String value) {
    if (option.arity().max() == 0) {
      return switch (value) {
        case "true" -> List.of(name);
        case "false" -> List.of();
        default ->
            throw new ParameterException(
                command, "%s must be true or false, but is %s".formatted(key, value));
      };
    }
    List<String> arguments = new ArrayList<>();
    for (String one : option.isMultiValue() ? value.split(";") : new String[] {value}) {
      arguments.addAll(Arrays.asList(name, one.strip()));
    }
    return arguments;
  }

  private static ParameterException unknown(CommandLine command, String key, String name) {
    Set<String> names = new TreeSet<>(command.getCommandSpec().optionsMap().keySet());
    ExecutorSettings.PROPERTIES.forEach(
        setting -> names.add("--" + setting.substring(PREFIX.length())));
    List<String> suggestions =
        Nearest.to(name, names).stream()
            .map(suggestion -> PREFIX + suggestion.substring(2))
            .toList();
    return new ParameterException(
        command,
        "Unknown Spark property: %s%s"
            .formatted(
                key,
                suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions)));
  }
}
