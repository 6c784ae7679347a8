package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.LocalSpark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The option --max-error-rate of whole jobs. */
class ErrorRateIT {

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"annotate", "annotate --incremental"})
  void theJobWritesEverythingAndThenFails(String command) throws Exception {
    assertThat(run(command, "strict", "0.3")).isEqualTo(1);
    assertThat(Files.readString(folder.resolve("strict.log")))
        .contains("error rows          1")
        .contains(
            "tommer-spark: Too many rows have an error: 1 of 3, a share of 0.3333, and --max-error-rate is 0.3;");
    assertThat(LocalSpark.session().read().parquet(folder.resolve("strict").toString()).count())
        .isEqualTo(3);
    assertThat(run(command, "mild", "0.34"))
        .as(Files.readString(folder.resolve("mild.log")))
        .isZero();
  }

  @Test
  void aRateThatIsNoneIsRefused() throws Exception {
    assertThat(run("annotate", "none", "30")).isEqualTo(2);
    assertThat(Files.readString(folder.resolve("none.log")))
        .contains("tommer-spark: --max-error-rate must be a share from 0 to 1");
  }

  private int run(String command, String output, String rate) throws Exception {
    Files.write(
        folder.resolve("docs.jsonl"),
        List.of(
            "{\"id\": \"fine\", \"text\": \"Paris is in France.\"}",
            "{\"id\": \"none\", \"text\": null}",
            "{\"id\": \"broken\", \"te"));
    List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
    arguments.addAll(
        List.of(
            "--model",
            "nano-llama",
            "--input",
            "docs.jsonl",
            "--output",
            output,
            "--max-error-rate",
            rate));
    return Drivers.start(
            folder,
            folder.resolve(output + ".log"),
            List.of("spark.master=local[2]"),
            arguments.toArray(String[]::new))
        .waitFor();
  }
}
