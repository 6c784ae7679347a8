package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchJobTest {

  @TempDir private Path folder;

  @Test
  void whatIsMeasuredAddsUp() throws IOException {
    BenchOptions options =
        new BenchOptions(
            null,
            ModelSpec.bundled("nano-llama"),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            3000,
            List.of(BenchCut.NONE, BenchCut.parse("sentence"), BenchCut.parse("700")),
            2,
            List.of(),
            1_000_000,
            List.of(),
            folder);
    BenchReport report = BenchJob.run(options, new Shared());

    assertThat(report.runs())
        .extracting(BenchReport.Run::cut)
        .containsExactly("document", "sentence", "700");
    ModelProfile profile = report.profile();
    for (BenchReport.Run run : report.runs()) {
      assertThat(run.seconds()).hasSize(2);
      assertThat(run.documentTokens()).isBetween(2700L, 3100L);
      assertThat(run.windowTokens()).isGreaterThan(run.documentTokens());
      assertThat(run.mentions()).isPositive();
      assertThat(run.shares())
          .containsOnlyKeys(
              "read", "tokenise", "wait", "backbone", "head", "decode", "batch", "write", "idle");
      assertThat(run.shares().values().stream().mapToDouble(Double::doubleValue).sum())
          .isCloseTo(1, within(1e-6));
      assertThat(run.peakShare())
          .isCloseTo(
              run.windowTokens()
                  * profile.productFlops()
                  / profile.peakFlops()
                  / run.medianSeconds(),
              within(1e-9));
    }
    // Five documents of 700 tokens, 31 of overlap for each further window of 255.
    assertThat(report.runs().get(2).overlapShare()).isBetween(0.06, 0.15);
    assertThat(report.runs().get(0).documents()).isLessThan(report.runs().get(1).documents());
    assertThat(report.weightBytesInMemory()).isEqualTo(4 * profile.parameters());
    assertThat(report.projection().documents()).isEqualTo(1_000_000);
    assertThat(report.projection().coreHours())
        .isCloseTo(
            report.projection().tokens() / report.runs().get(0).tokensPerSecond() / 3600 * 2,
            within(1e-6 * report.projection().coreHours()));

    String text = BenchText.of(report);
    assertThat(text).contains("nano-llama to layer 3, fp32", "one sentence each", "projection");
    JsonNode json = Provenance.JSON.valueToTree(report);
    assertThat(json.at("/runs/1/cut").asText()).isEqualTo("sentence");
    assertThat(json.at("/profile/peakFlops").asDouble()).isPositive();
  }

  /** The session of all tests, which goes on. */
  private static final class Shared implements BenchJob.Starter {
    @Override
    public SparkSession start(SparkConf settings) {
      return LocalSpark.session().newSession();
    }

    @Override
    public void stop(SparkSession spark) {
      // Others use its context.
    }
  }
}
