package io.github.tommerspark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** NullAway checks packages that are {@code @NullMarked}. */
class NullMarkedTest {

  private static final String PACKAGES = "src/main/java/io/github/tommerspark";

  /** Packages that are still to be marked. */
  private static final Set<String> UNMARKED =
      Set.of(
          "detect",
          "jobs",
          "jobs/annotate",
          "jobs/cli",
          "jobs/dataset",
          "jobs/evaluate",
          "jobs/output",
          "jobs/table",
          "jobs/train",
          "model",
          "pipeline",
          "spark",
          "sql");

  @Test
  void allOthersAreMarked() throws IOException {
    Set<String> unmarked = new TreeSet<>();
    int packages = 0;
    for (Path root : List.of(Path.of("../core", PACKAGES), Path.of(PACKAGES))) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(path -> path.endsWith("package-info.java")).toList()) {
          packages++;
          if (!Files.readString(file).contains("@NullMarked\npackage")) {
            unmarked.add(root.relativize(file.getParent()).toString());
          }
        }
      }
    }
    assertThat(packages).isGreaterThan(40);
    assertThat(unmarked).isEqualTo(UNMARKED);
  }
}
