package io.github.tommerspark.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.TommerSpark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OptionNamesTest {

  private static final String MESSAGE =
      "‹maxTokens› must be positive; use ‹overlap›, ./submit.sh pull a--b, or allow it with ‹trustBackbone›";

  private static final Pattern STRING = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"");
  private static final Pattern FLAG = Pattern.compile("(?<![\\w-])--[a-z][a-z-]*");
  private static final Pattern MARKED = Pattern.compile("‹([^›]*)›");

  /** Flags of programs other than ours. */
  private static final Set<String> OTHERS = Set.of("--merge");

  /** What is also used without a command line. */
  private static final List<Path> SOURCES =
      List.of(
          Path.of("../core/src/main/java"),
          Path.of("src/main/java/io/github/tommerspark/model"),
          Path.of("src/main/java/io/github/tommerspark/pipeline"),
          Path.of("src/main/java/io/github/tommerspark/sql"));

  @Test
  void optionsAreCalledAsTheyAreWhereTheMessageIsRead() {
    assertThat(OptionNames.flags(MESSAGE))
        .isEqualTo(
            "--max-tokens must be positive; use --overlap, ./submit.sh pull a--b, or allow it with --trust-backbone");
    assertThat(OptionNames.camelCase(MESSAGE))
        .isEqualTo(
            "maxTokens must be positive; use overlap, ./submit.sh pull a--b, or allow it with the setting spark.tommer.trust-backbone=true of the session");
    assertThat(OptionNames.snakeCase(MESSAGE))
        .isEqualTo(
            "max_tokens must be positive; use overlap, ./submit.sh pull a--b, or allow it with the setting spark.tommer.trust-backbone=true of the session");
  }

  @Test
  void nullStaysNull() {
    assertThat(OptionNames.snakeCase(null)).isNull();
  }

  @Test
  void codeBelowTheCommandsWritesNoFlags() throws IOException {
    Set<String> flags = found(FLAG, 0);
    assertThat(flags).containsExactlyElementsOf(new TreeSet<>(OTHERS));
  }

  @Test
  void whateverIsMarkedIsAnOptionOfSomeCommand() throws IOException {
    Set<String> options =
        TommerSpark.commandLine().getSubcommands().values().stream()
            .flatMap(command -> command.getCommandSpec().optionsMap().keySet().stream())
            .collect(Collectors.toSet());
    Set<String> marked = found(MARKED, 1);
    assertThat(marked).contains("maxTokens");
    assertThat(marked)
        .allSatisfy(name -> assertThat(options).contains(OptionNames.flags("‹" + name + "›")));
  }

  /** Returns what a group of a pattern matches in the strings of {@link #SOURCES}. */
  private static Set<String> found(Pattern pattern, int group) throws IOException {
    Set<String> found = new TreeSet<>();
    for (Path root : SOURCES) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            // Training is a matter of the command line alone.
            .filter(file -> !file.toString().contains("tommerspark/train/"))
            .flatMap(OptionNamesTest::code)
            .flatMap(line -> STRING.matcher(line).results())
            .flatMap(text -> pattern.matcher(text.group()).results())
            .forEach(match -> found.add(match.group(group)));
      }
    }
    return found;
  }

  /** The lines of a file without comments and quotes as characters. */
  private static Stream<String> code(Path file) {
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(line -> !line.startsWith("*") && !line.startsWith("/"))
          .map(line -> line.replaceAll("'\\\\?\"'", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
