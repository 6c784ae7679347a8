package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What users are told when something is wrong: one line that says what, where and what to do. */
class FailureCatalogueIT {

  @TempDir private static Path folder;

  @BeforeAll
  static void runAll() throws Exception {
    FailureFixture.write(folder);
    Path log = folder.resolve("log");
    int code =
        Drivers.start(
                FailureCatalogue.class,
                folder,
                log,
                List.of("spark.master=local[1]"),
                Map.of("HF_HUB_CACHE", folder.resolve("hub").toString()),
                "told")
            .waitFor();
    assertThat(code).as(Files.readString(log)).isZero();
  }

  static Stream<FailureCatalogue.Failure> failures() throws IOException {
    return FailureCatalogue.all().stream();
  }

  @Test
  void thereAreMany() throws IOException {
    assertThat(FailureCatalogue.all()).hasSizeGreaterThanOrEqualTo(60);
    assertThat(FailureCatalogue.all().stream().map(FailureCatalogue.Failure::name).distinct())
        .hasSameSizeAs(FailureCatalogue.all());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void tells(FailureCatalogue.Failure failure) throws IOException {
    String told = Files.readString(folder.resolve("told").resolve(failure.name()));
    String pattern =
        Arrays.stream(failure.line().split("…", -1))
            .map(Pattern::quote)
            .reduce((a, b) -> a + ".*" + b)
            .orElseThrow();
    // Neither a trace nor a second opinion. A line that follows a log begins on a line of its own.
    assertThat(told.replaceFirst(" \\R", " ").lines())
        .singleElement()
        .asString()
        .matches(failure.code() + " tommer-spark: " + pattern);
  }
}
