package io.github.tommerspark.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of a {@code tokenizer.json}, made safe for the native library: what that does not
 * expect ends the process instead of failing. So what is not needed is left out, and of the rest
 * everything is checked that the library takes for granted.
 */
final class TokenizerCheck {

  /**
   * Parts that turn ids into text, which is never asked for, and those that are switched off. The
   * library ends with a decoder that it cannot read.
   */
  private static final Set<String> UNUSED = Set.of("decoder", "truncation", "padding");

  private static final String MODEL = "model";

  /** Merges left out at random, which is for training: texts are to have the same tokens always. */
  private static final String DROPOUT = "dropout";

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
              .build());

  private final String name;
  private final String json;
  private final boolean trusted;
  private final StringBuilder kept;
  private int from;

  /** The second parts of merges, of which the library cuts the prefix, whatever they begin with. */
  private final List<String> seconds = new ArrayList<>();

  /** Marks tokens inside of words; null until it was read. */
  private @Nullable String prefix;

  private TokenizerCheck(String name, String json, boolean trusted) {
    this.name = name;
    this.json = json;
    this.trusted = trusted;
    this.kept = new StringBuilder(json.length());
  }

  /**
   * Returns the content without its decoder, truncation, padding and dropout.
   *
   * @param name the file as messages shall call it
   * @param json its content
   * @param trusted whether regular expressions may be any
   * @throws IOException if it is not JSON, has a part that the library takes for granted and is not
   *     as it should be, or a pattern that could take too many steps with some text, which it names
   */
  static String safe(String name, String json, boolean trusted) throws IOException {
    try {
      return new TokenizerCheck(name, json, trusted).safe();
    } catch (JsonProcessingException e) {
      throw new IOException(
          "Cannot read tokenizer %s: it is not JSON (%s)".formatted(name, Quoted.reason(e)), e);
    }
  }

  private String safe() throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw fault("it is no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        if (UNUSED.contains(field)) {
          leaveOut(parser, field);
        } else if (field.equals(MODEL)) {
          checkModel(parser);
        } else if (parser.currentToken().isStructStart() && !field.equals("added_tokens")) {
          checkPart(JSON.readTree(parser));
        } else {
          parser.skipChildren();
        }
      }
      if (parser.nextToken() != null) {
        throw fault("it goes on after its end");
      }
    }
    return kept.append(json, from, json.length()).toString();
  }

  /** Writes null for a value. */
  private void leaveOut(JsonParser parser, String field) throws IOException {
    JsonToken value = parser.currentToken();
    if (value.isStructStart()) {
      kept.append(json, from, offset(parser)).append("null");
      parser.skipChildren();
      from = offset(parser) + 1;
    } else if (value != JsonToken.VALUE_NULL) {
      throw fault("its %s is no object".formatted(field));
    }
  }

  /** The position at which the current token begins. */
  private static int offset(JsonParser parser) {
    return (int) parser.currentTokenLocation().getCharOffset();
  }

  private void checkModel(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw fault("its model is no object");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals(DROPOUT) && value.isNumeric()) {
        String number = parser.getText();
        kept.append(json, from, offset(parser)).append("null");
        from = offset(parser) + number.length();
      } else if (field.equals("continuing_subword_prefix")) {
        if (prefix != null) {
          throw fault("its model names a prefix twice");
        }
        prefix = value == JsonToken.VALUE_STRING ? parser.getText() : "";
        parser.skipChildren();
      } else if (field.equals("merges") && value == JsonToken.START_ARRAY) {
        readMerges(parser);
      } else {
        parser.skipChildren();
      }
    }
    for (String second : seconds) {
      if (prefix != null && !second.startsWith(prefix)) {
        throw fault(
            "its model merges %s, which does not begin with the prefix %s"
                .formatted(Quoted.of(second), Quoted.of(prefix)));
      }
    }
  }

  private void readMerges(JsonParser parser) throws IOException {
    boolean needed = prefix == null || !prefix.isEmpty();
    for (JsonToken merge = parser.nextToken();
        merge != null && merge != JsonToken.END_ARRAY;
        merge = parser.nextToken()) {
      if (merge == JsonToken.VALUE_STRING && needed) {
        String text = parser.getText();
        seconds.add(text.substring(text.indexOf(' ') + 1));
      } else if (merge == JsonToken.START_ARRAY) {
        String second = "";
        while (parser.nextToken() == JsonToken.VALUE_STRING) {
          second = parser.getText();
        }
        if (needed) {
          seconds.add(second);
        }
        while (parser.currentToken() != null && parser.currentToken() != JsonToken.END_ARRAY) {
          parser.skipChildren();
          parser.nextToken();
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  /** Checks a normalizer, a pre-tokenizer or a post-processor, and what it is made of. */
  private void checkPart(JsonNode part) throws IOException {
    JsonNode pattern = part.path("Regex");
    if (pattern.isTextual() && !trusted) {
      checkPattern(pattern.textValue());
    }
    if (part.has("single")) {
      checkTemplate(part);
    }
    JsonNode charsmap = part.path("precompiled_charsmap");
    if (charsmap.isTextual()) {
      Optional<String> fault = PrecompiledCharsmap.fault(charsmap.textValue());
      if (fault.isPresent()) {
        throw fault("its precompiled_charsmap " + fault.get());
      }
    }
    for (JsonNode child : part) {
      if (child.isContainerNode()) {
        checkPart(child);
      }
    }
  }

  private void checkPattern(String pattern) throws IOException {
    Optional<String> danger = SplitPattern.danger(pattern);
    if (danger.isPresent()) {
      throw fault(
          "its pattern %s could take for ever with some texts, or end the process (%s); if you trust whoever made the model, commands with ‹trustBackbone› take it"
              .formatted(Quoted.of(pattern), Quoted.message(danger.get())));
    }
  }

  /** Checks what a template puts around a text: all of it must be there. */
  private void checkTemplate(JsonNode template) throws IOException {
    JsonNode specials = template.path("special_tokens");
    for (JsonNode special : specials) {
      if (special.path("ids").size() != special.path("tokens").size()) {
        throw fault(
            String.format(
                Locale.ROOT,
                "its post_processor has %d ids for %d tokens",
                special.path("ids").size(),
                special.path("tokens").size()));
      }
    }
    for (String kind : List.of("single", "pair")) {
      if (template.has(kind) && !template.path(kind).isArray()) {
        throw fault("the template of its post_processor is no list");
      }
      for (JsonNode piece : template.path(kind)) {
        String token = piece.path("SpecialToken").path("id").asText();
        if (piece.has("SpecialToken") && !specials.has(token)) {
          throw fault(
              "its post_processor puts the token %s around a text, which is not among its special_tokens"
                  .formatted(Quoted.of(token)));
        }
        if (kind.equals("single") && piece.path("Sequence").path("id").asText("A").equals("B")) {
          throw fault("its post_processor wants two texts where there is one");
        }
      }
    }
  }

  private IOException fault(String fault) {
    return new IOException("Cannot use tokenizer %s: %s".formatted(name, fault));
  }
}
