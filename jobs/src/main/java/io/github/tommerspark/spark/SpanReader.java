package io.github.tommerspark.spark;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.eval.SpanSet;
import io.github.tommerspark.eval.TextWords;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Reads the mentions columns of rows as sets of spans, in code points.
 *
 * <p>Rows have the columns {@link #ID} (string), {@link #FAILED} (boolean), {@link #TEXT} (string),
 * {@link #TEXT_HASH} (long) at these positions, and mentions columns from {@link #FIRST_MENTIONS}
 * on.
 */
public final class SpanReader implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Position of what identifies the document. */
  public static final int ID = 0;

  /** Position of whether a model could not read the document. */
  public static final int FAILED = 1;

  /** Position of the text, null where it is not known. */
  public static final int TEXT = 2;

  /** Position of a hash of the text, null where it is not known. */
  public static final int TEXT_HASH = 3;

  /** Position of the first mentions column. */
  public static final int FIRST_MENTIONS = 4;

  /** Indexes of the fields of a mention; -1 for one that is not there. */
  private record Fields(String column, int start, int end, int text, int score, int label)
      implements Serializable {}

  private final List<Fields> columns;
  private final boolean keepTexts;

  /**
   * A reader of rows of this schema.
   *
   * @param schema of the rows
   * @param columns how many mentions columns they have
   * @param keepTexts whether spans carry their characters
   */
  public SpanReader(StructType schema, int columns, boolean keepTexts) {
    this.columns = new ArrayList<>();
    for (int c = 0; c < columns; c++) {
      String name = schema.fields()[FIRST_MENTIONS + c].name();
      StructType mention =
          mention(schema.fields()[FIRST_MENTIONS + c].dataType())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "Cannot read mentions from the column %s of the schema %s"
                              .formatted(name, schema.simpleString())));
      this.columns.add(
          new Fields(
              name,
              mention.fieldIndex("start"),
              mention.fieldIndex("end"),
              indexOf(mention, "text"),
              indexOf(mention, "score"),
              isOneOf(mention, "label", DataTypes.StringType) ? indexOf(mention, "label") : -1));
    }
    this.keepTexts = keepTexts;
  }

  /**
   * The type of a mention in a column of that type, if mentions it holds: {@code
   * array<struct<start, end, …>>}, as annotate writes them or as JSON brings them back, where
   * integers are long and scores are doubles. {@code text}, {@code score} and {@code label} may
   * each be absent; a {@code label} that is not a string is none.
   */
  public static Optional<StructType> mention(DataType column) {
    return column instanceof ArrayType array
            && array.elementType() instanceof StructType mention
            && isOneOf(mention, "start", DataTypes.IntegerType, DataTypes.LongType)
            && isOneOf(mention, "end", DataTypes.IntegerType, DataTypes.LongType)
            && (indexOf(mention, "text") < 0 || isOneOf(mention, "text", DataTypes.StringType))
            && (indexOf(mention, "score") < 0
                || isOneOf(mention, "score", DataTypes.FloatType, DataTypes.DoubleType))
        ? Optional.of(mention)
        : Optional.empty();
  }

  private static boolean isOneOf(StructType struct, String field, DataType... types) {
    int at = indexOf(struct, field);
    return at >= 0 && Arrays.asList(types).contains(struct.fields()[at].dataType());
  }

  private static int indexOf(StructType struct, String field) {
    return Arrays.asList(struct.fieldNames()).indexOf(field);
  }

  /** Returns the mentions of each column of a row, in order; null is no mention. */
  public List<SpanSet> read(Row row) {
    List<SpanSet> sets = new ArrayList<>(columns.size());
    Text text = new Text(row.getString(TEXT));
    for (int c = 0; c < columns.size(); c++) {
      List<Row> mentions =
          row.isNullAt(FIRST_MENTIONS + c) ? List.of() : row.getList(FIRST_MENTIONS + c);
      List<SpanSet.Span> spans = new ArrayList<>(mentions.size());
      for (Row mention : mentions) {
        spans.add(span(mention, columns.get(c), text, row));
      }
      sets.add(SpanSet.of(spans, columns.get(c).label >= 0));
    }
    return sets;
  }

  private SpanSet.Span span(Row mention, Fields fields, Text text, Row row) {
    try {
      int start = ((Number) mention.get(fields.start)).intValue();
      int end = ((Number) mention.get(fields.end)).intValue();
      boolean scored = fields.score >= 0 && !mention.isNullAt(fields.score);
      String characters =
          fields.text >= 0 && !mention.isNullAt(fields.text)
              ? mention.getString(fields.text)
              : text.slice(start, end);
      return new SpanSet.Span(
          start,
          end,
          scored ? ((Number) mention.get(fields.score)).floatValue() : 1,
          characters == null ? SpanSet.UNKNOWN : TextWords.of(characters).count(),
          text.lastWordBefore(end),
          keepTexts ? characters : null,
          fields.label >= 0 ? label(mention.getString(fields.label)) : null);
    } catch (NullPointerException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "Cannot read the mention %s of the column \"%s\" in the row with id %s: its start or end is absent or lies outside the text"
              .formatted(mention, fields.column, row.getString(ID)),
          e);
    }
  }

  /** Outputs of 0.1 have the name of the outside class where later ones have no label. */
  private static String label(String label) {
    return ClassifierConfig.OUTSIDE.equals(label) ? null : label;
  }

  /** The text of a row, read through at most once for each purpose, and only if need be. */
  private static final class Text {

    private final String text;
    private TextWords words;
    private CodePointOffsets offsets;

    Text(String text) {
      this.text = text;
    }

    int lastWordBefore(int end) {
      if (text == null) {
        return SpanSet.UNKNOWN;
      }
      if (words == null) {
        words = TextWords.of(text);
      }
      return words.lastBefore(end);
    }

    /** The characters of a span; null if the text is not known. */
    String slice(int start, int end) {
      if (text == null) {
        return null;
      }
      if (offsets == null) {
        offsets = CodePointOffsets.of(text);
      }
      return text.substring(offsets.toUtf16(start), offsets.toUtf16(end));
    }
  }
}
