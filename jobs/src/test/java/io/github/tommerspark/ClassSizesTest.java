package io.github.tommerspark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A class that does one thing fits into so many lines. */
class ClassSizesTest {

  private static final int MOST_LINES = 450;

  /** Classes that are longer, and the lines that they may have until they are split. */
  private static final Map<String, Integer> LONGER =
      Map.ofEntries(Map.entry("MentionDetectorModel", 930), Map.entry("MentionDetector", 580));

  @Test
  void noClassIsLong() throws IOException {
    Map<String, Integer> sizes = sizes();
    assertThat(sizes).hasSizeGreaterThan(300).containsKeys(LONGER.keySet().toArray(String[]::new));
    sizes.forEach(
        (name, lines) ->
            assertThat(lines)
                .as("lines of %s", name)
                .isLessThanOrEqualTo(LONGER.getOrDefault(name, MOST_LINES)));
  }

  /** Whoever has split a class strikes it off the list. */
  @Test
  void theListHoldsLongClassesOnly() throws IOException {
    Map<String, Integer> sizes = sizes();
    assertThat(LONGER.keySet()).allMatch(name -> sizes.get(name) > MOST_LINES);
  }

  private static Map<String, Integer> sizes() throws IOException {
    Map<String, Integer> sizes = new TreeMap<>();
    for (String root : List.of("../core/src/main/java", "../models/src/main/java", "src/main")) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .forEach(
                file -> sizes.put(file.getFileName().toString().replace(".java", ""), lines(file)));
      }
    }
    return sizes;
  }

  private static int lines(Path file) {
    try {
      return Files.readAllLines(file).size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
