package io.github.tommerspark.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * The content of a {@code tokenizer.json}, made safe for the native library: what that does not
 * expect ends the process instead of failing.
 */
final class TokenizerJson {

  /** Large, and without patterns: the vocabulary. */
  private static final Set<String> WITHOUT = Set.of("model", "added_tokens");

  private static final String PATTERN = "Regex";

  /**
   * What turns ids into text, which is never asked for; one that cannot be read ends the library.
   */
  private static final String DECODER = "decoder";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private TokenizerJson() {}

  /**
   * Returns the content without its decoder.
   *
   * @param name the file as messages shall call it
   * @param json its content
   * @param trusted whether regular expressions may be any
   * @throws IOException if it is not JSON, its decoder no object, or naming a pattern that could
   *     take too many steps with some text
   */
  static String safe(String name, String json, boolean trusted) throws IOException {
    StringBuilder kept = new StringBuilder(json.length());
    int from = 0;
    int depth = 0;
    try (JsonParser parser = JSON.createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          depth++;
        } else if (token.isStructEnd()) {
          depth--;
        } else if (token == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          if (depth == 1 && field.equals(DECODER)) {
            JsonToken value = parser.nextToken();
            if (value.isStructStart()) {
              kept.append(json, from, offset(parser)).append("null");
              parser.skipChildren();
              from = offset(parser) + 1;
            } else if (value != JsonToken.VALUE_NULL) {
              throw new IOException(
                  "Cannot use tokenizer %s: its decoder is no object".formatted(name));
            }
          } else if (depth == 1 && WITHOUT.contains(field)) {
            parser.nextToken();
            parser.skipChildren();
          } else if (field.equals(PATTERN)) {
            if (parser.nextToken() == JsonToken.VALUE_STRING) {
              if (!trusted) {
                check(name, parser.getText(), SplitPattern.danger(parser.getText()));
              }
            } else if (parser.currentToken().isStructStart()) {
              depth++;
            }
          }
        }
      }
    } catch (JsonProcessingException e) {
      throw new IOException(
          "Cannot read tokenizer %s: it is not JSON (%s)".formatted(name, Quoted.reason(e)), e);
    }
    return kept.append(json, from, json.length()).toString();
  }

  /** Where the current token begins. */
  private static int offset(JsonParser parser) {
    return (int) parser.currentTokenLocation().getCharOffset();
  }

  private static void check(String name, String pattern, Optional<String> danger)
      throws IOException {
    if (danger.isPresent()) {
      throw new IOException(
          "Cannot use tokenizer %s: its pattern %s could take for ever with some texts, or end the process (%s); if you trust whoever made the model, commands with ‹trustBackbone› take it"
              .formatted(name, Quoted.of(pattern), Quoted.message(danger.get())));
    }
  }
}
