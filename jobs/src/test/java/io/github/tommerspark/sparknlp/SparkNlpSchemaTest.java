package io.github.tommerspark.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.LocalSpark;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparkNlpSchemaTest {

  /** An annotation as other writers may leave it: another order, wider numbers, nulls. */
  private static final String FOREIGN =
      "named_struct('begin', 3L, 'end', 5L, 'annotatorType', 'chunk', 'result', 'Ada',"
          + " 'embeddings', cast(null as array<double>), 'metadata', map('sentence', '0'))";

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void tellsAnnotationsFromOtherColumns() {
    assertThat(SparkNlpSchema.isAnnotations(SparkNlpSchema.ANNOTATIONS)).isTrue();
    assertThat(SparkNlpSchema.isAnnotations(SparkNlpSchema.ANNOTATION)).isFalse();
    assertThat(SparkNlpSchema.isAnnotations(DataTypes.StringType)).isFalse();
    assertThat(
            SparkNlpSchema.isAnnotations(
                spark
                    .sql("select array(named_struct('begin', 1, 'end', 2)) a")
                    .schema()
                    .apply(0)
                    .dataType()))
        .isFalse();
    assertThat(SparkNlpSchema.isAnnotations(foreign().schema().apply("a b").dataType())).isTrue();
  }

  @Test
  void mendsOrderWidthAndNulls() {
    Dataset<Row> restored = SparkNlpSchema.restore(foreign());
    assertThat(restored.columns()).containsExactly("n", "a b", "none");
    assertChunks(restored);
    Row chunk = restored.select("`a b`").first().<Row>getList(0).get(0);
    assertThat(chunk.getString(0)).isEqualTo("chunk");
    assertThat(chunk.getInt(1)).isEqualTo(3);
    assertThat(chunk.getInt(2)).isEqualTo(5);
    assertThat(chunk.getString(3)).isEqualTo("Ada");
    assertThat(chunk.<String, String>getJavaMap(4)).containsEntry("sentence", "0");
    assertThat(chunk.getList(5)).isEmpty();
    assertThat(restored.select("`a b`").first().<Row>getList(0).get(1)).isNull();
  }

  @Test
  void aColumnWithoutAnyAnnotationStaysOfUnknownType() {
    Dataset<Row> restored = SparkNlpSchema.restore(foreign());
    assertThat(restored.schema().apply("none").dataType()).isEqualTo(SparkNlpSchema.ANNOTATIONS);
    assertThat(SparkNlpSchema.annotatorType(restored.schema().apply("none"))).isEmpty();
    assertThat(
            SparkNlpSchema.annotatorType(
                SparkNlpSchema.restore(foreign(), Map.of("none", "document"))
                    .schema()
                    .apply("none")))
        .contains("document");
  }

  @Test
  void namesMustBeThere() {
    assertThatThrownBy(() -> SparkNlpSchema.restore(foreign(), Map.of("n", "chunk")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot restore n: there are no annotations of that name; the columns are n, a b, none");
  }

  @Test
  void aStreamIsNotReadToFindATypeOut() {
    foreign().write().parquet(folder.resolve("data").toString());
    Dataset<Row> stream =
        spark.readStream().schema(foreign().schema()).parquet(folder.resolve("data").toString());
    assertThatThrownBy(() -> SparkNlpSchema.restore(stream))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"a b\" of a stream");
    Dataset<Row> restored =
        SparkNlpSchema.restore(stream, Map.of("a b", "chunk", "none", "document"));
    assertThat(restored.isStreaming()).isTrue();
    assertChunks(restored);
  }

  private static void assertChunks(Dataset<Row> rows) {
    StructField field = rows.schema().apply("a b");
    assertThat(field.dataType()).isEqualTo(SparkNlpSchema.ANNOTATIONS);
    assertThat(SparkNlpSchema.annotatorType(field)).contains(SparkNlpSchema.CHUNK);
  }

  @Test
  void otherColumnsAreLeftAlone() {
    Dataset<Row> rows = spark.sql("select 1 n, 'x' s, array(1, 2) a");
    assertThat(SparkNlpSchema.restore(rows).schema()).isEqualTo(rows.schema());
    assertThat(SparkNlpSchema.restore(rows).collectAsList()).isEqualTo(rows.collectAsList());
  }

  private Dataset<Row> foreign() {
    return spark.sql(
        "select 1 n, array(%s, null) `a b`, slice(array(%s), 1, 0) none"
            .formatted(FOREIGN, FOREIGN));
  }
}
