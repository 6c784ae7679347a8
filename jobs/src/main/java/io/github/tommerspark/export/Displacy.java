package io.github.tommerspark.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.text.CodePointOffsets;

/**
 * The input of displaCy, spaCy's visualizer, with {@code manual=True}: entities, which do not
 * overlap, in the style {@code ent}, and all mentions in the style {@code span}.
 */
public final class Displacy {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Displacy() {}

  /**
   * Returns the object of a text.
   *
   * @param decoder that chooses the entities
   * @param noLabel the label of a mention without one
   * @return JSON in a line
   */
  public static String json(AnnotatedText text, Decoder decoder, String noLabel) {
    CodePointOffsets offsets = CodePointOffsets.of(text.text());
    ObjectNode object = JSON.createObjectNode();
    object.put("text", text.text());
    object.put("title", text.id());
    ArrayNode entities = object.putArray("ents");
    for (Annotation mention : text.flat(decoder).mentions()) {
      ObjectNode entity =
          entities
              .addObject()
              .put("start", offsets.toCodePoint(mention.start()))
              .put("end", offsets.toCodePoint(mention.end()))
              .put("label", mention.labelOr(noLabel));
      Scores.put(entity, mention);
    }
    Words words = Words.of(text);
    ArrayNode tokens = object.putArray("tokens");
    for (int word = 0; word < words.count(); word++) {
      tokens.add(text.text().substring(words.start(word), words.end(word)));
    }
    ArrayNode spans = object.putArray("spans");
    for (Annotation mention : text.mentions()) {
      int first = words.firstFrom(mention.start());
      int last = words.firstFrom(mention.end());
      if (first < last) {
        ObjectNode span =
            spans
                .addObject()
                .put("start_token", first)
                .put("end_token", last)
                .put("label", mention.labelOr(noLabel));
        Scores.put(span, mention);
      }
    }
    return object.toString();
  }
}
