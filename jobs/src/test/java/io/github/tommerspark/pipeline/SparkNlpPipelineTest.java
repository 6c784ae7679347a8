package io.github.tommerspark.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.johnsnowlabs.nlp.Annotation;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.Finisher;
import com.johnsnowlabs.nlp.LightPipeline;
import com.johnsnowlabs.nlp.annotators.ChunkTokenizer;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stage among the annotators of the real Spark NLP. */
class SparkNlpPipelineTest {

  @TempDir private Path folder;

  @Test
  void theTypeIsSparkNlpsOwn() {
    assertThat(SparkNlpSchema.ANNOTATION).isEqualTo(Annotation.dataType());
    assertThat(SparkNlpSchema.ANNOTATIONS).isEqualTo(Annotation.arrayType());
    Dataset<Row> chunks =
        SparkNlp.sentences().fit(Texts.rows(List.of())).transform(Texts.rows(List.of()));
    StructField chunk = chunks.schema().apply("chunk");
    assertThat(chunk.dataType())
        .isEqualTo(DataTypes.createArrayType(Annotation.dataType()))
        .isEqualTo(chunks.schema().apply("sentence").dataType());
    assertThat(chunk.metadata().getString("annotatorType")).isEqualTo("chunk");
    // The columns of the other stages are what they were.
    assertThat(chunks.schema().apply("sentence").metadata().getString("annotatorType"))
        .isEqualTo("document");
  }

  @Test
  void mentionsOfSentencesGoOnToFinisherAndChunkTokenizer() {
    List<PipelineStage> stages = new ArrayList<>(Arrays.asList(SparkNlp.sentences().getStages()));
    ChunkTokenizer tokenizer = new ChunkTokenizer();
    tokenizer.setInputCols(new String[] {"chunk"});
    tokenizer.setOutputCol("token");
    stages.add(tokenizer);
    stages.add(
        new Finisher()
            .setInputCols(new String[] {"chunk", "token"})
            .setCleanAnnotations(false)
            .setIncludeMetadata(true));
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    List<Row> rows =
        SparkNlp.pipeline(stages).fit(texts).transform(texts).orderBy("n").collectAsList();

    assertThat(rows).hasSize(Texts.AWKWARD.size());
    assertThat(rows.get(0).<String>getList(rows.get(0).fieldIndex("finished_chunk")))
        .contains("Marie Curie", "Warsaw", "University of Paris");
    assertThat(rows.get(0).<String>getList(rows.get(0).fieldIndex("finished_token")))
        .contains("Marie", "Curie", "University");
    for (Row row : rows) {
      SparkNlp.checkOffsets(row);
      List<Row> chunks = row.getList(row.fieldIndex("chunk"));
      assertThat(row.<String>getList(row.fieldIndex("finished_chunk")))
          .isEqualTo(chunks.stream().map(chunk -> chunk.getString(3)).toList());
    }
  }

  @Test
  void metadataAreThoseOfNerConverter() {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Row row = SparkNlp.sentences().fit(texts).transform(texts).where("n = 0").first();
    List<Row> sentences = row.getList(row.fieldIndex("sentence"));
    List<Row> chunks = row.getList(row.fieldIndex("chunk"));
    assertThat(sentences).hasSize(2);
    int index = 0;
    for (Row chunk : chunks) {
      Map<String, String> metadata = chunk.getJavaMap(4);
      assertThat(chunk.getString(0)).isEqualTo("chunk");
      assertThat(metadata).containsOnlyKeys("entity", "sentence", "chunk", "confidence");
      assertThat(metadata.get("entity")).isEqualTo("MENTION");
      assertThat(metadata.get("chunk")).isEqualTo(Integer.toString(index++));
      assertThat(Float.parseFloat(metadata.get("confidence"))).isBetween(0.5f, 1f);
      Row sentence = sentences.get(Integer.parseInt(metadata.get("sentence")));
      assertThat(chunk.getInt(1)).isGreaterThanOrEqualTo(sentence.getInt(1));
      assertThat(chunk.getInt(2)).isLessThanOrEqualTo(sentence.getInt(2));
      assertThat(chunk.getList(5)).isEmpty();
    }
    assertThat(chunks.stream().map(chunk -> chunk.getJavaMap(4).get("sentence")))
        .contains("0", "1");
  }

  @Test
  void documentsAreReadAsAWhole() {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    List<Row> rows =
        SparkNlp.pipeline(List.of(SparkNlp.assembler(), SparkNlp.detector("document")))
            .fit(texts)
            .transform(texts)
            .collectAsList();
    rows.forEach(row -> SparkNlp.checkOffsets(row));
    assertThat(rows)
        .anySatisfy(row -> assertThat(SparkNlp.results(row)).contains("Charles Babbage"));
  }

  @Test
  void aCleanedDocumentIsItsOwnText() {
    Dataset<Row> texts = Texts.rows(List.of("  Marie \n\n  Curie   was born in\t\tWarsaw 😀. "));
    DocumentAssembler shrinking = SparkNlp.assembler();
    shrinking.setCleanupMode("shrink_full");
    Row row =
        SparkNlp.pipeline(List.of(shrinking, SparkNlp.detector("document")))
            .fit(texts)
            .transform(texts)
            .first();
    SparkNlp.checkOffsets(row);
    assertThat(SparkNlp.results(row)).contains("Marie Curie");
  }

  @Test
  void nothingToReadIsNoChunk() {
    Dataset<Row> texts = Texts.rows(Arrays.asList(null, "", " \r\n\t"));
    for (Row row : SparkNlp.sentences().fit(texts).transform(texts).collectAsList()) {
      assertThat(row.getList(row.fieldIndex("chunk"))).isEmpty();
    }
  }

  @Test
  void aSavedPipelineGivesTheSame() throws IOException {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Pipeline pipeline = SparkNlp.sentences();
    PipelineModel fitted = pipeline.fit(texts);
    List<Row> before = fitted.transform(texts).orderBy("n").collectAsList();

    pipeline.write().save(path("pipeline"));
    fitted.write().save(path("fitted"));
    assertThat(
            Pipeline.load(path("pipeline"))
                .fit(texts)
                .transform(texts)
                .orderBy("n")
                .collectAsList())
        .isEqualTo(before);
    Dataset<Row> after = PipelineModel.load(path("fitted")).transform(texts);
    assertThat(after.orderBy("n").collectAsList()).isEqualTo(before);
    assertThat(after.schema()).isEqualTo(fitted.transform(texts).schema());
  }

  @Test
  void restoreMendsWhatParquetBreaks() {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Dataset<Row> annotated = SparkNlp.sentences().fit(texts).transform(texts);
    annotated.write().parquet(path("annotated"));
    Dataset<Row> back = texts.sparkSession().read().parquet(path("annotated"));
    Finisher finisher = new Finisher().setInputCols(new String[] {"chunk", "sentence"});
    assertThatThrownBy(() -> finisher.transformSchema(back.schema()))
        .hasMessageContaining("column [chunk] must be an NLP Annotation column");

    Dataset<Row> restored = SparkNlpSchema.restore(back);
    for (String column : List.of("document", "sentence", "chunk")) {
      assertThat(restored.schema().apply(column)).isEqualTo(annotated.schema().apply(column));
    }
    assertThat(restored.orderBy("n").collectAsList())
        .isEqualTo(annotated.orderBy("n").collectAsList());
    finisher.transformSchema(restored.schema());
    assertThat(finisher.transform(restored).orderBy("n").collectAsList())
        .isEqualTo(finisher.transform(annotated).orderBy("n").collectAsList());
    // Also without the metadata, as other writers of Parquet leave it.
    restored.toDF().write().option("compression", "none").parquet(path("again"));
    Dataset<Row> bare =
        texts.sparkSession().read().schema(withoutMetadata(restored)).parquet(path("again"));
    assertThat(SparkNlpSchema.restore(bare).schema().apply("chunk"))
        .isEqualTo(annotated.schema().apply("chunk"));
    finisher.transform(SparkNlpSchema.restore(bare)).collectAsList();
  }

  /** What the guide warns of. */
  @Test
  void lightPipelineSkipsTheStage() {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    LightPipeline light = new LightPipeline(SparkNlp.sentences().fit(texts), false);
    Map<String, List<String>> answer = light.annotateJava("Marie Curie was born in Warsaw.");
    assertThat(answer).containsKey("sentence").doesNotContainKey("chunk");
  }

  @Test
  void otherAnnotationsAreRefused() {
    Dataset<Row> texts = Texts.rows(Texts.AWKWARD);
    Dataset<Row> annotated = SparkNlp.sentences().fit(texts).transform(texts);
    assertThatThrownBy(
            () ->
                new MentionDetectorModel()
                    .setInputCols("chunk")
                    .setOutputCol("again")
                    .transform(annotated))
        .hasMessage(
            "Cannot annotate the column \"chunk\" of inputCols: it holds Spark NLP annotations of type chunk, not document");
  }

  private static StructType withoutMetadata(Dataset<Row> rows) {
    return new StructType(
        Arrays.stream(rows.schema().fields())
            .map(field -> DataTypes.createStructField(field.name(), field.dataType(), true))
            .toArray(StructField[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
