package io.github.tommerspark.sparknlp;

import io.github.tommerspark.columns.ColumnNames;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Reads the texts in a column of strings, or in a column of Spark NLP annotations of type {@code
 * document}, which are documents or their sentences.
 */
public final class TextReader implements Serializable {

  private static final long serialVersionUID = 1L;

  /**
   * Indexes of the fields of an annotation.
   *
   * @param sentence where the sentence is in metadata that are a struct; -1 if they are a map, or
   *     have none
   */
  private record Fields(int type, int begin, int result, int metadata, boolean map, int sentence)
      implements Serializable {}

  private static final String SENTENCE = "sentence";

  private final int column;

  /** Null if the column holds strings. */
  private final @Nullable Fields fields;

  private TextReader(int column, @Nullable Fields fields) {
    this.column = column;
    this.fields = fields;
  }

  /**
   * Returns the reason for which a column holds no texts, to follow "Cannot annotate the column x:
   * ".
   *
   * @return nothing if there are
   */
  public static Optional<String> refusal(StructField column) {
    if (column.dataType() instanceof StringType) {
      return Optional.empty();
    }
    if (!SparkNlpSchema.isAnnotations(column.dataType())) {
      return Optional.of(
          "it is of type %s, not string or Spark NLP's annotations"
              .formatted(column.dataType().simpleString()));
    }
    return SparkNlpSchema.annotatorType(column)
        .filter(type -> !type.equals(SparkNlpSchema.DOCUMENT))
        .map(
            type ->
                "it holds Spark NLP annotations of type %s, not %s"
                    .formatted(type, SparkNlpSchema.DOCUMENT));
  }

  /**
   * A reader of rows of this schema.
   *
   * @param column position of the texts
   * @throws IllegalArgumentException if there are no texts in that column
   */
  public static TextReader of(StructType schema, int column) {
    StructField field = schema.fields()[column];
    refusal(field)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(
                  "Cannot annotate the column \"%s\": %s".formatted(field.name(), reason));
            });
    return new TextReader(
        column,
        field.dataType() instanceof ArrayType array
            ? fields((StructType) array.elementType())
            : null);
  }

  private static Fields fields(StructType annotation) {
    int metadata = annotation.fieldIndex("metadata");
    DataType type = annotation.fields()[metadata].dataType();
    return new Fields(
        annotation.fieldIndex(SparkNlpSchema.ANNOTATOR_TYPE),
        annotation.fieldIndex("begin"),
        annotation.fieldIndex("result"),
        metadata,
        type instanceof MapType,
        type instanceof StructType struct
            ? Arrays.asList(struct.fieldNames()).indexOf(SENTENCE)
            : -1);
  }

  /** Returns whether the column holds annotations. */
  public boolean readsAnnotations() {
    return fields != null;
  }

  /** The text of a row; null values are no text, and what makes no sense is an error. */
  public DocumentText read(Row row) {
    if (row.isNullAt(column)) {
      return DocumentText.of((String) null);
    }
    return fields == null
        ? DocumentText.of(row.getString(column))
        : read(row.<Row>getList(column), fields);
  }

  private static DocumentText read(List<Row> annotations, Fields fields) {
    List<TextPart> parts = new ArrayList<>(annotations.size());
    for (Row annotation : annotations) {
      if (annotation == null || annotation.isNullAt(fields.result)) {
        continue;
      }
      String type = annotation.getString(fields.type);
      if (type != null && !type.equals(SparkNlpSchema.DOCUMENT)) {
        return DocumentText.failed(
            "an annotation is of type %s, not %s".formatted(type, SparkNlpSchema.DOCUMENT));
      }
      if (annotation.isNullAt(fields.begin)) {
        return DocumentText.failed("an annotation has no begin");
      }
      long begin = ((Number) annotation.get(fields.begin)).longValue();
      String sentence = sentence(annotation, fields);
      if (begin < 0 || begin > Integer.MAX_VALUE) {
        return DocumentText.failed(DocumentText.cannotBegin(sentence, begin));
      }
      parts.add(new TextPart(annotation.getString(fields.result), (int) begin, sentence));
    }
    return DocumentText.of(parts);
  }

  private static String sentence(Row annotation, Fields fields) {
    String sentence = null;
    if (!annotation.isNullAt(fields.metadata)) {
      if (fields.map) {
        sentence = annotation.<String, String>getJavaMap(fields.metadata).get(SENTENCE);
      } else if (fields.sentence >= 0) {
        sentence = annotation.getStruct(fields.metadata).getString(fields.sentence);
      }
    }
    return sentence == null ? TextPart.FIRST_SENTENCE : sentence;
  }

  /**
   * The whole texts in a column as strings, see {@link DocumentText#whole()}; null where they
   * cannot be read.
   *
   * @param name of the column, as the rows spell it
   * @throws IllegalArgumentException if there are no texts in it
   */
  public static Column strings(Dataset<Row> rows, String name) {
    StructType schema = rows.schema();
    TextReader reader = of(schema, schema.fieldIndex(name));
    Column column = ColumnNames.column(name);
    return reader.fields == null
        ? column
        : functions.udf(new Whole(reader.fields), DataTypes.StringType).apply(column);
  }

  private record Whole(Fields fields) implements UDF1<Seq<Row>, String> {
    @Override
    public @Nullable String call(@Nullable Seq<Row> annotations) {
      return annotations == null
          ? null
          : read(JavaConverters.seqAsJavaList(annotations), fields).whole();
    }
  }
}
