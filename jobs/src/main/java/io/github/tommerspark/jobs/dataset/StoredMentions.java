package io.github.tommerspark.jobs.dataset;

import static org.apache.spark.sql.functions.expr;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.text.CodePointOffsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;

/** Reads the mentions of an annotated dataset with all that is known of them. */
public final class StoredMentions {

  private StoredMentions() {}

  /**
   * A mention.
   *
   * @param start its first code point
   * @param end the code point after its last
   * @param text that is marked
   * @param score of the model; null if the dataset has none
   * @param label of the mention; null if it has none
   * @param labelScore of the label; null if it has none
   */
  public record Stored(
      int start, int end, String text, Float score, String label, Float labelScore) {}

  /**
   * Returns a column of mentions as {@link #read} takes it: with all fields, null where the data
   * has none. Field by field, because JSON gives them back in another order and of wider types.
   *
   * @param schema of the rows
   * @param column one of {@link AnnotatedDataset#mentionColumns}
   */
  public static Column column(StructType schema, String column) {
    StructType element = (StructType) ((ArrayType) schema.apply(column).dataType()).elementType();
    List<String> present = Arrays.asList(element.fieldNames());
    Optional<String> label = Stream.of("label", "type").filter(present::contains).findFirst();
    return expr(
        "transform(%s, m -> named_struct('start', int(m.start), 'end', int(m.end), 'text', %s, 'score', %s, 'label', %s, 'label_score', %s))"
            .formatted(
                ColumnNames.quoted(column),
                present.contains("text") ? "string(m.text)" : "string(null)",
                present.contains("score") ? "float(m.score)" : "float(null)",
                label.map("string(m.%s)"::formatted).orElse("string(null)"),
                present.contains("label_score") ? "float(m.label_score)" : "float(null)"));
  }

  /**
   * Reads the mentions of a document, which are checked against its text.
   *
   * @param use of them, such as {@code judge}, to follow "Cannot"
   * @param id of the document
   * @param text of it
   * @param offsets of the text
   * @param mentions of a {@link #column}; null for none
   * @throws UserException if a mention does not lie in the text, or is not what the text has there
   */
  public static List<Stored> read(
      String use, String id, String text, CodePointOffsets offsets, List<Row> mentions) {
    return mentions == null
        ? List.of()
        : mentions.stream().map(mention -> read(use, id, text, offsets, mention)).toList();
  }

  private static Stored read(
      String use, String id, String text, CodePointOffsets offsets, Row mention) {
    if (mention == null || mention.isNullAt(0) || mention.isNullAt(1)) {
      throw new UserException(
          "Cannot %s document %s: a mention has no start or no end".formatted(use, id));
    }
    int start = mention.getInt(0);
    int end = mention.getInt(1);
    String expected = mention.getString(2);
    if (start < 0 || start >= end || end > offsets.codePoints()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot %s document %s: a mention from %d to %d does not lie in its text of %d code points",
              use,
              id,
              start,
              end,
              offsets.codePoints()));
    }
    String found = text.substring(offsets.toUtf16(start), offsets.toUtf16(end));
    if (expected != null && !expected.equals(found)) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot %s document %s: its text has \"%s\" from %d to %d where the mention is \"%s\"; was the text changed after annotating?",
              use,
              id,
              found,
              start,
              end,
              expected));
    }
    return new Stored(
        start,
        end,
        found,
        mention.isNullAt(3) ? null : mention.getFloat(3),
        mention.getString(4),
        mention.isNullAt(5) ? null : mention.getFloat(5));
  }
}
