package io.github.tommerspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
            new BenchOptions.Measured(
                3000,
                List.of(BenchCut.NONE, BenchCut.parse("sentence"), BenchCut.parse("700")),
                2,
                List.of()),
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
    // Five documents of 700 tokens, 54 of overlap for each further window of 255.
    assertThat(report.runs().get(2).overlapShare()).isBetween(0.12, 0.25);
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

  @Test
  void theTextColumnMayHaveAnyName() throws IOException {
    String file = folder.resolve("texts.parquet").toString();
    SparkSession spark = LocalSpark.session();
    spark.sql("SELECT 'Ada Lovelace met Charles Babbage.' AS `te``x.t`").write().parquet(file);
    CorpusOptions corpus =
        new CorpusOptions(List.of(file), InputFormat.PARQUET, Map.of(), "te`x.t", null);
    assertThat(BenchTexts.read(corpus, ModelSpec.bundled("nano-llama"), 1000, spark))
        .containsExactly("Ada Lovelace met Charles Babbage.");
  }

  @Test
  void aSimulatedDeviceIsBusyOrNotAndWhatGpusMeasuredIsReckonedWith() throws IOException {
    Path results = Files.createDirectory(folder.resolve("results"));
    Files.writeString(
        results.resolve("01-environment.json"), "{\"result\": {\"device\": \"some GPU\"}}");
    Files.writeString(
        results.resolve("06-throughput.json"),
        """
        {"result": {"throughput": [
          {"model": "one", "budget": 2048, "tokens_per_s": 1000.0},
          {"model": "one", "budget": 4096, "tokens_per_s": 3000.0},
          {"model": "two", "error": "out of memory"}]}}
        """);
    Files.writeString(
        results.resolve("08-streams.json"),
        "{\"result\": {\"streams\": [{\"model\": \"one\", \"tokens_per_s\": 4000.0}]}}");
    Path work = Files.createDirectory(folder.resolve("work"));
    int micros = 20_000;
    BenchOptions options =
        new BenchOptions(
            null,
            ModelSpec.bundled("nano-llama"),
            EngineOptions.defaults()
                .withDtype(ComputeType.FP32)
                .withBatchTokens(500)
                .withCallMicros(micros),
            new BenchOptions.Measured(3000, List.of(BenchCut.NONE), 1, List.of()),
            1_000,
            List.of(results),
            work);
    BenchReport report = BenchJob.run(options, new Shared());

    BenchReport.Run run = report.runs().get(0);
    assertThat(run.forwards()).isGreaterThan(4);
    assertThat(run.busyShare())
        .isCloseTo(run.forwards() * micros / 1e6 / run.medianSeconds(), within(1e-9))
        .isLessThan(1);
    assertThat(run.peakShare()).isNull();
    assertThat(run.shares()).containsKey("forward").doesNotContainKey("backbone");
    assertThat(run.mentions()).isBetween(400L, 700L);
    assertThat(run.cpuSeconds()).isPositive();
    assertThat(BenchText.of(report)).contains("simulated, one per executor", "some GPU, one");

    assertThat(report.gpus()).hasSize(1);
    BenchReport.GpuProjection gpu = report.gpus().get(0);
    assertThat(gpu.kernelTokensPerSecond()).isEqualTo(4000);
    assertThat(gpu.documentTokensPerSecond())
        .isCloseTo(4000.0 * run.documentTokens() / run.windowTokens(), within(1e-6));
    assertThat(gpu.cores())
        .isCloseTo(
            gpu.documentTokensPerSecond() * run.cpuSeconds() / run.documentTokens(), within(1e-9));
    assertThat(gpu.gpuHours())
        .isCloseTo(
            1000.0 * run.documentTokens() / run.documents() / gpu.documentTokensPerSecond() / 3600,
            within(1e-9));

    assertThatThrownBy(() -> GpuResults.projections(List.of(work), run, 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no results of run.py");
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
