package io.github.tommerspark.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.LocalSpark;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import scala.collection.JavaConverters;

class TextReaderTest {

  private static final StructType SCHEMA =
      new StructType(
          new StructField[] {SparkNlpSchema.column("document", SparkNlpSchema.DOCUMENT)});

  @Test
  void aStringIsOnePart() {
    TextReader reader =
        TextReader.of(new StructType().add("a", "int").add("b", DataTypes.StringType), 1);
    assertThat(reader.readsAnnotations()).isFalse();
    DocumentText text = reader.read(RowFactory.create(1, "Hi"));
    assertThat(text.parts()).containsExactly(new TextPart("Hi", 0, "0"));
    assertThat(text.whole()).isEqualTo("Hi");
    assertThat(reader.read(RowFactory.create(1, null)).parts()).isEmpty();
    assertThat(reader.read(RowFactory.create(1, null)).whole()).isNull();
  }

  @Test
  void sentencesAreParts() {
    DocumentText text = read(annotation(0, "A 😀.", "0"), annotation(7, "B.", "1"));
    assertThat(text.error()).isNull();
    assertThat(text.parts())
        .containsExactly(new TextPart("A 😀.", 0, "0"), new TextPart("B.", 7, "1"));
    assertThat(text.whole()).isEqualTo("A 😀.  B.");
  }

  @Test
  void partsMayOverlapAndComeInAnyOrder() {
    assertThat(read(annotation(3, "defg", "1"), annotation(0, "abcde", "0")).whole())
        .isEqualTo("abcdefg");
  }

  @Test
  void aPartOfALongDocumentKeepsItsPlace() {
    DocumentText text = read(annotation(5, "x", null));
    assertThat(text.parts()).containsExactly(new TextPart("x", 5, "0"));
    assertThat(text.whole()).isEqualTo("     x");
  }

  @Test
  void nullsAreNoText() {
    assertThat(read().parts()).isEmpty();
    assertThat(read((Row) null).parts()).isEmpty();
    assertThat(read(annotation(0, null, "0")).parts()).isEmpty();
    assertThat(reader().read(RowFactory.create((Object) null)).parts()).isEmpty();
  }

  @Test
  void whatMakesNoSenseIsAnError() {
    assertThat(read(annotation(-1, "x", "3")).error())
        .isEqualTo("the annotation of sentence 3 cannot begin at -1");
    assertThat(read(annotation(Integer.MAX_VALUE, "x", "0")).error())
        .isEqualTo("the annotation of sentence 0 cannot begin at 2147483647");
    assertThat(read(annotation(0, "fine", "0"), annotation(2_000_000_000, "x", "1")).error())
        .contains("2000000000");
    assertThat(read(RowFactory.create("token", 0, 1, "x", null, new Float[0])).error())
        .isEqualTo("an annotation is of type token, not document");
    assertThat(read(RowFactory.create("document", null, 1, "x", null, new Float[0])).error())
        .isEqualTo("an annotation has no begin");
  }

  @Test
  void refusesOtherColumns() {
    StructField number = DataTypes.createStructField("n", DataTypes.IntegerType, true);
    assertThat(TextReader.refusal(number))
        .contains("it is of type int, not string or Spark NLP's annotations");
    assertThat(TextReader.refusal(SparkNlpSchema.column("t", "token")))
        .contains("it holds Spark NLP annotations of type token, not document");
    assertThatThrownBy(() -> TextReader.of(new StructType(new StructField[] {number}), 0))
        .hasMessageStartingWith("Cannot annotate the column \"n\": ");
  }

  @Test
  void wholeTextsInSparkSql() {
    Dataset<Row> rows =
        LocalSpark.session()
            .createDataFrame(
                List.of(
                    row(annotation(0, "A 😀.", "0"), annotation(7, "B.", "1")),
                    RowFactory.create((Object) null),
                    row(annotation(-1, "x", "0"))),
                SCHEMA);
    assertThat(
            rows.select(TextReader.strings(rows, "document")).as(Encoders.STRING()).collectAsList())
        .containsExactly("A 😀.  B.", null, null);
  }

  private static DocumentText read(Row... annotations) {
    return reader().read(row(annotations));
  }

  private static TextReader reader() {
    TextReader reader = TextReader.of(SCHEMA, 0);
    assertThat(reader.readsAnnotations()).isTrue();
    return reader;
  }

  private static Row row(Row... annotations) {
    return RowFactory.create((Object) JavaConverters.asScalaBuffer(Arrays.asList(annotations)));
  }

  private static Row annotation(int begin, String result, String sentence) {
    int end = result == null ? begin : begin + result.length() - 1;
    Map<String, String> metadata = sentence == null ? Map.of() : Map.of("sentence", sentence);
    return RowFactory.create(
        "document", begin, end, result, JavaConverters.mapAsScalaMap(metadata), new Float[0]);
  }
}
