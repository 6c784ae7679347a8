package io.github.tommerspark.sparknlp;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.text.CodePointOffsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.jspecify.annotations.Nullable;
import scala.collection.JavaConverters;

/** Values of columns of annotations: rows of type {@link SparkNlpSchema#ANNOTATION}. */
public final class AnnotationRows {

  /** The {@code entity} of a mention without a type. */
  public static final String UNTYPED = "MENTION";

  private static final Float[] NO_EMBEDDINGS = {};

  private AnnotationRows() {}

  /**
   * A text as Spark NLP's DocumentAssembler writes it.
   *
   * @param text null makes an empty one, as there
   */
  public static Row[] document(@Nullable String text) {
    String result = text == null ? "" : text;
    Map<String, String> metadata = Map.of("sentence", TextPart.FIRST_SENTENCE);
    return new Row[] {annotation(SparkNlpSchema.DOCUMENT, 0, result.length(), result, metadata)};
  }

  /**
   * Mentions as Spark NLP's NerConverter writes entities: metadata {@code entity} (the label, or
   * {@value #UNTYPED} without a classifier), {@code sentence}, {@code chunk} (the number of the
   * annotation in its row) and {@code confidence}.
   *
   * @param mentions of a row, in order
   * @return one annotation of type {@code chunk} each
   */
  public static Row[] chunks(List<PlacedMention> mentions) {
    Row[] rows = new Row[mentions.size()];
    for (int i = 0; i < rows.length; i++) {
      Mention mention = mentions.get(i).mention();
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("entity", mention.label() == null ? UNTYPED : mention.label());
      metadata.put("sentence", mentions.get(i).sentence());
      metadata.put("chunk", Integer.toString(i));
      metadata.put("confidence", Float.toString(mention.score()));
      rows[i] =
          annotation(
              SparkNlpSchema.CHUNK, mention.start(), mention.end(), mention.text(), metadata);
    }
    return rows;
  }

  /**
   * An annotation.
   *
   * @param end exclusive
   */
  private static Row annotation(
      String type, int begin, int end, String result, Map<String, String> metadata) {
    return RowFactory.create(
        type,
        begin,
        CodePointOffsets.toInclusiveEnd(end),
        result,
        JavaConverters.mapAsScalaMap(metadata),
        NO_EMBEDDINGS);
  }
}
