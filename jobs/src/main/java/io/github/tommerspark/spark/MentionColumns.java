package io.github.tommerspark.spark;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.SpanLabels;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.text.CodePointOffsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The columns that annotating adds.
 *
 * <p>In a column, {@code start} and {@code end} count Unicode code points of the text column, half
 * open: Spark SQL's {@code substring(text, start + 1, end - start)} is the mention, and so are
 * slices in pandas and DuckDB.
 */
public final class MentionColumns {

  /** Name of the column that says what went wrong in a row. */
  public static final String ERROR = "error";

  /** Name of the column with an identifier made from the text. */
  public static final String ID = "id";

  /** Name of the mentions of a single model. */
  public static final String MENTIONS = "mentions";

  /** A mention: {@code struct<start:int, end:int, text:string, score:float>}, nothing nullable. */
  public static final StructType MENTION =
      new StructType(
          new StructField[] {
            field("start", DataTypes.IntegerType),
            field("end", DataTypes.IntegerType),
            field("text", DataTypes.StringType),
            field("score", DataTypes.FloatType)
          });

  /**
   * A mention of a model with a classifier: also {@code label:string, label_score:float}, both null
   * for a mention of no class.
   */
  public static final StructType TYPED_MENTION =
      MENTION
          .add("label", DataTypes.StringType, true)
          .add("label_score", DataTypes.FloatType, true);

  /**
   * A mention of a model that tells all labels that fit: also {@code labels:array<struct<
   * label:string, score:float>>}, the best first, empty for a mention of no class; nothing in it is
   * nullable.
   */
  public static final StructType LABELLED_MENTION =
      TYPED_MENTION.add(
          "labels",
          DataTypes.createArrayType(
              new StructType(
                  new StructField[] {
                    field("label", DataTypes.StringType), field("score", DataTypes.FloatType)
                  }),
              false),
          false);

  /** The mentions of a row: an array without nulls. */
  public static final ArrayType ARRAY = DataTypes.createArrayType(MENTION, false);

  private static final Row[] NONE = {};

  private MentionColumns() {}

  /**
   * Returns the name of the column of one of several models.
   *
   * @param beginning of the names of all
   * @param model name of the model, of which '-' is written as '_'
   */
  public static String ofModel(String beginning, String model) {
    return beginning + "_" + model.replace('-', '_');
  }

  private static StructField field(String name, DataType type) {
    return new StructField(name, type, false, Metadata.empty());
  }

  /**
   * A column of mentions, never null. Its metadata states the unit of the offsets.
   *
   * @param name what to call it
   */
  public static StructField mentions(String name) {
    return mentions(name, null);
  }

  /**
   * A column of mentions, never null. Its metadata states the unit of the offsets.
   *
   * @param name what to call it
   * @param typing the source of labels; null for mentions without
   */
  public static StructField mentions(String name, Typing typing) {
    return new StructField(
        name,
        DataTypes.createArrayType(mention(typing), false),
        false,
        new MetadataBuilder()
            .putString("comment", "Mentions; start and end in code points, end exclusive")
            .build());
  }

  private static StructType mention(Typing typing) {
    if (typing == null) {
      return MENTION;
    }
    return typing.allLabels() ? LABELLED_MENTION : TYPED_MENTION;
  }

  /** The column {@link #ERROR}: null where all is well. */
  public static StructField error() {
    return new StructField(ERROR, DataTypes.StringType, true, Metadata.empty());
  }

  /** The column {@link #ID}: null where the text is. */
  public static StructField id() {
    return new StructField(ID, DataTypes.StringType, true, Metadata.empty());
  }

  /**
   * The value of a mentions column.
   *
   * @param text what the mentions were found in
   * @param mentions with offsets in UTF-16 units
   * @param typing the source of labels; null for mentions without
   * @return one row per mention, of the type that {@link #mentions(String, Typing)} has, in order,
   *     with offsets in code points
   */
  static Row[] rows(String text, List<Mention> mentions, Typing typing) {
    if (mentions.isEmpty()) {
      return NONE;
    }
    CodePointOffsets offsets = CodePointOffsets.of(text);
    return mentions.stream()
        .map(
            mention ->
                RowFactory.create(fields(offsets, mention, typing, MentionColumns::labelRows)))
        .toArray(Row[]::new);
  }

  private static Row[] labelRows(List<SpanLabels.Label> labels) {
    return labels.stream()
        .map(label -> RowFactory.create(label.name(), label.score()))
        .toArray(Row[]::new);
  }

  /**
   * The value of a mentions column as Spark's operators hand it on.
   *
   * @param text as for columns of rows
   * @param mentions with offsets in UTF-16 units
   * @param typing the source of labels; null for mentions without
   */
  public static ArrayData internal(String text, List<Mention> mentions, Typing typing) {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    Object[] rows = new Object[mentions.size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = internal(fields(offsets, mentions.get(i), typing, MentionColumns::labelArray));
    }
    return new GenericArrayData(rows);
  }

  private static ArrayData labelArray(List<SpanLabels.Label> labels) {
    return new GenericArrayData(
        labels.stream().map(label -> internal(label.name(), label.score())).toArray());
  }

  /** A row of fields, of which strings become those of Spark. */
  private static GenericInternalRow internal(Object... fields) {
    Object[] values = new Object[fields.length];
    for (int i = 0; i < fields.length; i++) {
      values[i] = fields[i] instanceof String string ? UTF8String.fromString(string) : fields[i];
    }
    return new GenericInternalRow(values);
  }

  /**
   * The fields of a mention.
   *
   * @param labels makes a value of all labels that fit
   */
  private static Object[] fields(
      CodePointOffsets offsets,
      Mention mention,
      Typing typing,
      Function<List<SpanLabels.Label>, Object> labels) {
    List<Object> fields = new ArrayList<>();
    fields.add(offsets.toCodePoint(mention.start()));
    fields.add(offsets.toCodePoint(mention.end()));
    fields.add(mention.text());
    fields.add(mention.score());
    if (typing != null) {
      fields.add(mention.label());
      fields.add(mention.labelScore());
    }
    if (typing != null && typing.allLabels()) {
      fields.add(labels.apply(mention.labels()));
    }
    return fields.toArray();
  }
}
