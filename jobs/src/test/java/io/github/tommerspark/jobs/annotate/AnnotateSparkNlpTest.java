package io.github.tommerspark.jobs.annotate;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.johnsnowlabs.nlp.Finisher;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.agree.AgreeOptions;
import io.github.tommerspark.jobs.agree.MentionDataset;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.pipeline.SparkNlp;
import io.github.tommerspark.pipeline.Texts;
import io.github.tommerspark.spark.AnnotatePlan;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code annotate} between pipelines of the real Spark NLP. */
class AnnotateSparkNlpTest {

  private static final ModelSpec LLAMA =
      ModelSpec.bundled("nano-llama").withDecoder(Decoder.THRESHOLD, SparkNlp.THRESHOLD);
  private static final ModelSpec NEOX = ModelSpec.bundled("nano-neox");

  private static final String WRONG_TEXT =
      "size(filter(mentions, m -> substring(text, m.start + 1, m.end - m.start) != m.text)) > 0";

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void chunksGoOnToAPipeline() throws IOException {
    List<String> texts = new ArrayList<>(Texts.AWKWARD);
    texts.addAll(Arrays.asList(null, "", "\r\n"));
    Texts.rows(texts).write().parquet(path("in"));
    annotate("in", "text", null, false, LLAMA);
    Dataset<Row> written = read("out");
    assertThat(written.columns())
        .containsExactly("id", "n", "text", "mentions", "document", "chunk", "error");

    Dataset<Row> restored = SparkNlpSchema.restore(written).orderBy("n");
    assertThat(restored.schema().apply("chunk"))
        .isEqualTo(SparkNlpSchema.column("chunk", SparkNlpSchema.CHUNK));
    List<Row> rows = restored.collectAsList();
    rows.forEach(SparkNlp::checkOffsets);
    for (Row row : rows) {
      assertThat(SparkNlp.results(row))
          .isEqualTo(
              row.<Row>getList(row.fieldIndex("mentions")).stream()
                  .map(mention -> mention.getString(2))
                  .toList());
    }
    Finisher finisher = new Finisher().setInputCols(new String[] {"document", "chunk"});
    finisher.transformSchema(restored.schema());
    Row first = finisher.transform(restored).where("n = 0").first();
    assertThat(first.<String>getList(first.fieldIndex("finished_chunk"))).contains("Marie Curie");

    // The documents are what DocumentAssembler would have made.
    Dataset<Row> assembled = SparkNlp.assembler().transform(written.drop("document"));
    assertThat(restored.schema().apply("document")).isEqualTo(assembled.schema().apply("document"));
    assertThat(restored.select("document").collectAsList())
        .isEqualTo(assembled.orderBy("n").select("document").collectAsList());
  }

  @Test
  void sentencesOfAPipelineAreReadEachByItself() throws IOException {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Dataset<Row> found = SparkNlp.sentences().fit(texts).transform(texts);
    found.withColumnRenamed("chunk", "before").write().parquet(path("in"));
    annotate("in", "sentence", null, false, LLAMA);
    Dataset<Row> written = read("out");
    // Nothing that is there already is added again.
    assertThat(written.columns())
        .containsExactly(
            "id", "n", "text", "document", "sentence", "before", "mentions", "chunk", "error");
    assertThat(written.where("error is not null").count()).isZero();
    // The job and the stage find the same.
    assertThat(written.orderBy("n").select("chunk").collectAsList())
        .isEqualTo(written.orderBy("n").select("before").collectAsList());
    assertThat(written.where(WRONG_TEXT).count()).isZero();
    Provenance provenance = provenance();
    assertThat(provenance.input().textColumn()).isEqualTo("sentence");
    assertThat(provenance.counts().tokens().get("nano-llama")).isPositive();

    // What reads the output finds the text in its sentences.
    MentionDataset dataset =
        MentionDataset.open(
            spark, new AgreeOptions.Source(null, List.of(path("out"))), null, null, null);
    assertThat(dataset.spans(false).where("text is null").count()).isZero();
  }

  @Test
  void documentsOfAPipelineAreReadAsAWhole() throws IOException {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    SparkNlp.assembler().transform(texts).drop("text").write().parquet(path("in"));
    annotate("in", "document", null, false, LLAMA);
    Dataset<Row> written = read("out");
    assertThat(written.columns())
        .containsExactly("id", "n", "document", "mentions", "chunk", "error");
    written.collectAsList().forEach(SparkNlp::checkOffsets);
    // An id made of the text is that of the string.
    assertThat(written.join(texts, "n").where("id != substring(sha2(text, 256), 1, 32)").count())
        .isZero();
    assertThat(
            written
                .withColumn("text", col("document").getItem(0).getField("result"))
                .where(WRONG_TEXT)
                .count())
        .isZero();
  }

  @Test
  void annotationsInJsonAreReadAndRestored() throws IOException {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Dataset<Row> found = SparkNlp.sentences().fit(texts).transform(texts);
    found.withColumnRenamed("chunk", "before").write().json(path("in"));
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(List.of(path("in")), InputFormat.JSON, Map.of(), "sentence", null),
            new OutputOptions(
                path("out"),
                OutputFormat.PARQUET,
                WriteMode.ERROR,
                "mentions",
                null,
                false,
                "chunk"),
            List.of(LLAMA),
            EngineOptions.defaults(),
            0,
            false,
            Map.of()));
    Dataset<Row> restored = SparkNlpSchema.restore(read("out"));
    for (String column : List.of("document", "sentence", "before", "chunk")) {
      assertThat(restored.schema().apply(column).dataType()).isEqualTo(SparkNlpSchema.ANNOTATIONS);
    }
    assertThat(restored.schema().apply("before").metadata())
        .isEqualTo(restored.schema().apply("chunk").metadata());
    assertThat(restored.orderBy("n").select("chunk").collectAsList())
        .isEqualTo(found.orderBy("n").select("chunk").collectAsList())
        .isEqualTo(restored.orderBy("n").select("before").collectAsList());
  }

  @Test
  void everyModelHasItsColumn() {
    Texts.rows(Texts.AWKWARD).write().parquet(path("in"));
    AnnotateOptions options = options("in", "text", null, false, LLAMA, NEOX);
    Layout layout = Layout.of(Corpus.open(spark, options.corpus()), options);
    assertThat(layout.schema().fieldNames())
        .containsExactly(
            "id",
            "n",
            "text",
            "mentions_nano_llama",
            "mentions_nano_neox",
            "document",
            "chunk_nano_llama",
            "chunk_nano_neox",
            "error");
    assertThat(plan(options("in", "text", null, true, LLAMA)).added().document()).isFalse();
    assertThat(plan(options("in", "text", List.of("n"), false, LLAMA)).added().document()).isTrue();
  }

  @Test
  void columnsThatStandInTheWayAreNamed() {
    Texts.rows(Texts.AWKWARD)
        .selectExpr("n as chunk", "text as document", "text")
        .write()
        .parquet(path("in"));
    assertThatThrownBy(() -> plan(options("in", "text", null, false, LLAMA)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot add the column \"document\": the input has one of that name; rename it in the input or leave it out with --select");
    assertThatThrownBy(() -> plan(options("in", "text", List.of("chunk"), false, LLAMA)))
        .hasMessage(
            "Cannot add the column \"chunk\": the input has one of that name; rename ours with --spark-nlp=NAME or leave it out with --select");
    assertThatThrownBy(() -> plan(options("in", "chunk", null, false, LLAMA)))
        .hasMessage(
            "Cannot annotate the column \"chunk\": it is of type int, not string or Spark NLP's annotations; name another with --text-column");
  }

  @Test
  void damagedAnnotationsAreErrorsOfTheirRows() throws IOException {
    SparkNlp.assembler()
        .transform(Texts.rows(Texts.AWKWARD))
        .selectExpr(
            "n",
            "transform(document, d -> named_struct('annotatorType', d.annotatorType, 'begin',"
                + " if(n = 1, -5, d.begin), 'end', d.end, 'result', d.result, 'metadata', d.metadata,"
                + " 'embeddings', d.embeddings)) as document")
        .write()
        .parquet(path("in"));
    annotate("in", "document", null, false, LLAMA);
    assertThat(
            read("out")
                .where("error is not null")
                .selectExpr("n", "error", "size(chunk)")
                .collectAsList())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.getInt(0)).isEqualTo(1);
              assertThat(row.getString(1))
                  .isEqualTo("input: the annotation of sentence 0 cannot begin at -5");
              assertThat(row.getInt(2)).isZero();
            });
  }

  private AnnotatePlan plan(AnnotateOptions options) {
    return Layout.of(Corpus.open(spark, options.corpus()), options).plan();
  }

  private void annotate(
      String input, String text, List<String> select, boolean dropText, ModelSpec... models)
      throws IOException {
    AnnotateJob.run(spark, options(input, text, select, dropText, models));
  }

  private AnnotateOptions options(
      String input, String text, List<String> select, boolean dropText, ModelSpec... models) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(path(input)), null, Map.of(), text, null),
        new OutputOptions(
            path("out"),
            OutputFormat.PARQUET,
            WriteMode.ERROR,
            "mentions",
            select,
            dropText,
            "chunk"),
        List.of(models),
        EngineOptions.defaults(),
        0,
        false,
        Map.of());
  }

  private Dataset<Row> read(String name) {
    return spark.read().parquet(path(name));
  }

  private Provenance provenance() throws IOException {
    return CommitLog.newest(
            new org.apache.hadoop.fs.Path(folder.resolve("out").toUri()),
            spark.sparkContext().hadoopConfiguration())
        .orElseThrow();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
