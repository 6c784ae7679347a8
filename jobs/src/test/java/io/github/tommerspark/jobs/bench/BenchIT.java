package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.jobs.SparkSubmit;
import io.github.tommerspark.jobs.SparkSubmit.Run;
import io.github.tommerspark.jobs.output.Provenance;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmark as users run it, with an executor in a JVM of its own. */
class BenchIT {

  @TempDir private Path folder;

  @Test
  void aShapeIsMeasuredAndNothingIsLeft() throws Exception {
    Run run =
        SparkSubmit.submit(
            folder,
            List.of("--master", "local[2]"),
            "bench",
            "--shape",
            "pythia-14m",
            "--layer",
            "1",
            "--stored",
            "bf16",
            "--tokens",
            "500",
            "--repeat",
            "1",
            "--executors",
            "1",
            "--work-dir",
            "work",
            "--json",
            "bench.json");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("pythia-14m to layer 1", "1 x one core", "projection");
    JsonNode report = Provenance.JSON.readTree(folder.resolve("bench.json").toFile());
    assertThat(report.at("/profile/productFlops").asDouble())
        .isEqualTo(2.0 * 2 * (3 * 128 * 128 + 128 * 128 + 2 * 128 * 512));
    assertThat(report.at("/runs/0/documentTokens").asInt()).isEqualTo(500);
    assertThat(report.at("/scaling/0/mentions").asInt())
        .isEqualTo(report.at("/runs/0/mentions").asInt());
    assertThat(report.at("/scaling/0/shares").isEmpty()).isFalse();
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }
}
