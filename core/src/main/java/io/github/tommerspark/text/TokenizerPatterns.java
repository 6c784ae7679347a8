package io.github.tommerspark.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** The regular expressions that a {@code tokenizer.json} asks to be run. */
final class TokenizerPatterns {

  /** Large, and without patterns: the vocabulary. */
  private static final Set<String> WITHOUT = Set.of("model", "added_tokens");

  private static final String PATTERN = "Regex";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private TokenizerPatterns() {}

  /**
   * Refuses patterns that could take too many steps with some text.
   *
   * @param name the file as messages shall call it
   * @param json its content; what is not JSON is left for the library to refuse
   * @throws IOException naming the pattern, and why it is refused
   */
  static void check(String name, String json) throws IOException {
    int depth = 0;
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        } else if (token == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          if (depth == 1 && WITHOUT.contains(field)) {
            parser.nextToken();
            parser.skipChildren();
          } else if (field.equals(PATTERN)) {
            if (parser.nextToken() == JsonToken.VALUE_STRING) {
              check(name, parser.getText(), SplitPattern.danger(parser.getText()));
            } else if (parser.currentToken().isStructStart()) {
              depth++;
            }
          }
        }
      }
    } catch (JsonProcessingException e) {
      // The library says what is wrong.
    }
  }

  private static void check(String name, String pattern, Optional<String> danger)
      throws IOException {
    if (danger.isPresent()) {
      throw new IOException(
          "Cannot use tokenizer %s: its pattern %s could take for ever with some texts, or end the process (%s); if you trust whoever made the model, commands with ‹trustBackbone› take it"
              .formatted(name, Quoted.of(pattern), danger.get()));
    }
  }
}
