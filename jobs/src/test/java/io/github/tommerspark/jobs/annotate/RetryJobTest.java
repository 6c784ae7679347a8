package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputState;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows that failed are annotated again, and only these; faults of a machine are no such rows. */
class RetryJobTest {

  private static final ModelSpec MODEL = ModelSpec.bundled("nano-llama");
  private static final String BAD = "Tokyo is the capital of Japan.";
  private static final List<String> GOOD =
      List.of("Marie Curie was born in Warsaw.", "Ada Lovelace met Charles Babbage in London.");

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;
  private String poison;

  @BeforeEach
  void writeDocuments() throws IOException {
    Files.createDirectories(folder.resolve("in"));
    Files.writeString(
        folder.resolve("in/a.jsonl"), doc("a", GOOD.get(0)) + doc("bad", BAD) + "{broken\n");
    Files.writeString(folder.resolve("in/b.jsonl"), doc("b", GOOD.get(1)));
    try (MentionDetector detector = MentionDetector.load(List.of(MODEL), fp32())) {
      Set<Integer> own = ids(detector, BAD);
      GOOD.forEach(text -> own.removeAll(ids(detector, text)));
      poison = "token/" + own.iterator().next();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PARQUET", "JSON", "ORC"})
  void rowsThatFailedAreAnnotatedAgainAndNoOthers(OutputFormat format) throws IOException {
    annotate("expected", format, null);
    annotate("out", format, poison);
    assertThat(rows("out", format).where("error like 'nano-llama: %'").count()).isEqualTo(1);
    Set<String> before = state().files().keySet();

    RetryJob.Result result = RetryJob.run(spark, options("out", format, null));
    assertThat(result.retried()).isEqualTo(1);
    assertThat(result.left()).isZero();
    assertThat(result.files()).isEqualTo(1);
    assertThat(rows("out", format).exceptAll(rows("expected", format)).count()).isZero();
    assertThat(rows("out", format).count()).isEqualTo(rows("expected", format).count());
    // The file without such a row stays, the other is gone, and the rest of the input still broken.
    assertThat(state().files().keySet()).hasSameSizeAs(before).isNotEqualTo(before);
    assertThat(dataFiles()).isEqualTo(state().files().keySet());
    assertThat(rows("out", format).where("error like 'input: %'").count()).isEqualTo(1);

    long commits = state().number();
    assertThat(RetryJob.run(spark, options("out", format, null)).retried()).isZero();
    assertThat(state().number()).isEqualTo(commits);
    // And more can be added.
    AnnotateJob.run(spark, options("out", format, WriteMode.APPEND, null));
  }

  @Test
  void rowsOfBatchesGoBackToTheirBatches() throws IOException {
    IncrementalOptions growing = new IncrementalOptions(null, 1, false);
    IncrementalJob.run(spark, options("out", OutputFormat.PARQUET, poison), growing);
    Dataset<Row> before =
        spark.read().parquet(folder.resolve("out").toString()).select("key", "batch").cache();
    before.count();

    RetryJob.Result result = RetryJob.run(spark, options("out", OutputFormat.PARQUET, null));
    assertThat(result.retried()).isEqualTo(1);
    assertThat(result.left()).isZero();
    Dataset<Row> after = spark.read().parquet(folder.resolve("out").toString());
    assertThat(after.where("error like 'nano-llama: %'").count()).isZero();
    assertThat(after.select("key", "batch").exceptAll(before).count()).isZero();

    Files.writeString(folder.resolve("in/c.jsonl"), doc("c", GOOD.get(0)));
    IncrementalResult more =
        IncrementalJob.run(spark, options("out", OutputFormat.PARQUET, null), growing);
    assertThat(more.counts().rowsWritten()).isEqualTo(1);
  }

  @Test
  void aBatchInWhichTheMachineFailedIsNotCommittedAndDoneLater() throws IOException {
    IncrementalOptions growing = new IncrementalOptions(null, 10, false);
    AnnotateOptions failing = options("out", OutputFormat.PARQUET, "memory/1+");
    assertThatThrownBy(() -> IncrementalJob.run(spark, failing, growing))
        .hasStackTraceContaining(DeviceMemoryException.class.getName());
    assertThat(state().number()).isZero();
    assertThat(dataFiles()).isEmpty();

    IncrementalResult later =
        IncrementalJob.run(spark, options("out", OutputFormat.PARQUET, null), growing);
    assertThat(later.counts().rowsWritten()).isEqualTo(4);
    assertThat(later.counts().errorRows()).isEqualTo(1);
  }

  @Test
  void whatWasMadeInAnotherWayIsRefused() throws IOException {
    annotate("out", OutputFormat.PARQUET, poison);
    AnnotateOptions other =
        options("out", OutputFormat.PARQUET, null).withEngine(fp32().withDtype(ComputeType.BF16));
    assertThatThrownBy(() -> RetryJob.run(spark, other))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot retry the errors of .*out: --dtype of nano-llama is fp32 there and bf16 now; give the options with which it was made");
    assertThatThrownBy(() -> RetryJob.run(spark, options("none", OutputFormat.PARQUET, null)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no run of annotate has written to it");
  }

  @Test
  void anOutputWithoutItsTextIsRefused() throws IOException {
    AnnotateOptions options = options("out", OutputFormat.PARQUET, poison);
    OutputOptions textless =
        new OutputOptions(
            options.output().path(), OutputFormat.PARQUET, WriteMode.ERROR, "mentions", null, true);
    AnnotateJob.run(spark, options.withOutput(textless));
    assertThatThrownBy(() -> RetryJob.run(spark, options))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot retry the errors of .*out: it was written without the text column text; annotate the input again");
  }

  private void annotate(String output, OutputFormat format, String faults) throws IOException {
    AnnotateJob.run(spark, options(output, format, faults));
  }

  private AnnotateOptions options(String output, OutputFormat format, String faults) {
    return options(output, format, WriteMode.ERROR, faults);
  }

  private AnnotateOptions options(
      String output, OutputFormat format, WriteMode mode, String faults) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(folder.resolve("in").toString()), null, Map.of(), "text", null),
        new OutputOptions(folder.resolve(output).toString(), format, mode, "mentions", null, false),
        List.of(MODEL),
        fp32().withFaults(faults),
        0,
        false,
        Map.of());
  }

  private static EngineOptions fp32() {
    return EngineOptions.defaults().withDtype(ComputeType.FP32);
  }

  private Dataset<Row> rows(String output, OutputFormat format) {
    return spark
        .read()
        .format(format.label())
        .load(folder.resolve(output).toString())
        .selectExpr(
            "id",
            "key",
            "text",
            "transform(mentions, m -> struct(m.start, m.end, m.text))",
            "error");
  }

  private OutputState state() throws IOException {
    return CommitLog.of(
            new org.apache.hadoop.fs.Path(folder.resolve("out").toUri()), new Configuration())
        .read();
  }

  private Set<String> dataFiles() throws IOException {
    Path out = folder.resolve("out");
    try (var files = Files.walk(out)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> out.relativize(file).toString())
          .filter(name -> !name.startsWith("_") && !name.contains("/.") && !name.startsWith("."))
          .filter(name -> !name.contains("/_"))
          .collect(Collectors.toSet());
    }
  }

  private static Set<Integer> ids(MentionDetector detector, String text) {
    TokenizedText tokens = detector.score(List.of(text)).get(0).get(0).tokens();
    return IntStream.range(0, tokens.size()).mapToObj(tokens::id).collect(Collectors.toSet());
  }

  private static String doc(String key, String text) {
    return "{\"key\": \"%s\", \"text\": \"%s\"}\n".formatted(key, text);
  }
}
