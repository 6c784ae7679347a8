package io.github.tommerspark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Summaries of Javadoc are noun phrases or verb phrases, not questions. */
class JavadocSummariesTest {

  private static final Pattern QUESTION =
      Pattern.compile("/\\*\\*\\s+(\\* )?(What|Whether|Where|How|Who|Which|Why)\\b[^\n]*");

  @Test
  void areNoClauses() throws IOException {
    List<String> found = new ArrayList<>();
    int files = 0;
    for (String module : List.of("core", "models", "jobs")) {
      try (Stream<Path> sources = Files.walk(Path.of("..", module, "src/main"))) {
        for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
          files++;
          Matcher matcher = QUESTION.matcher(Files.readString(source));
          while (matcher.find()) {
            found.add(source.getFileName() + ": " + matcher.group().strip());
          }
        }
      }
    }
    assertThat(files).isGreaterThan(300);
    assertThat(found).isEmpty();
  }
}
