package io.github.tommerspark.jobs.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Options that name their files, such as {@code --gold news=news.jsonl}. */
public final class NamedPaths {

  private NamedPaths() {}

  /**
   * Paths by name, both in the order given.
   *
   * @param option that the arguments are of, for messages
   * @param arguments {@code NAME=PATH}; a name given again adds a path
   * @throws IllegalArgumentException if an argument has no name or no path
   */
  public static Map<String, List<String>> parse(String option, List<String> arguments) {
    Map<String, List<String>> paths = new LinkedHashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals < 1 || equals == argument.length() - 1) {
        throw new IllegalArgumentException(
            "Cannot understand %s %s: expected NAME=PATH".formatted(option, argument));
      }
      paths
          .computeIfAbsent(argument.substring(0, equals), name -> new ArrayList<>())
          .add(argument.substring(equals + 1));
    }
    return paths;
  }
}
