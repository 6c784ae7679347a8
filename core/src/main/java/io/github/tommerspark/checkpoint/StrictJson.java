package io.github.tommerspark.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * JSON in files that nobody vouches for: valid UTF-8, no key twice, nothing after the value.
 *
 * <p>Errors are {@link ModelFormatException}s of the form {@code Cannot read DIR/config.json: ...}.
 */
public final class StrictJson {

  /** Far above any configuration file, far below what could hurt. */
  private static final long MAX_TREE_BYTES = 4L << 20;

  // Names are neither interned nor kept in tables: a crafted file could fill both.
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  /**
   * Reads a small JSON file of a model, such as {@code config.json}.
   *
   * @param directory the model's directory
   * @param file the name of the file
   * @return the value in it
   * @throws ModelFormatException when it is not JSON
   * @throws IOException when it is missing, larger than 4 MiB or unreadable
   */
  public static JsonNode read(ModelDirectory directory, String file) throws IOException {
    byte[] bytes = directory.readAll(file, MAX_TREE_BYTES);
    String where = directory.name() + "/" + file;
    try (JsonParser parser = parser(new ByteArrayInputStream(bytes))) {
      JsonNode tree = MAPPER.readTree(parser);
      if (tree == null || tree.isMissingNode()) {
        throw new ModelFormatException("Cannot read %s: it is empty".formatted(where));
      }
      return tree;
    } catch (JsonProcessingException | CharacterCodingException e) {
      throw malformed(where, e);
    }
  }

  /** A parser over UTF-8 bytes, which reports malformed ones instead of replacing them. */
  static JsonParser parser(InputStream in) throws IOException {
    return MAPPER.createParser(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
  }

  /** Moves to the next token, which has to be of a kind. */
  static void expect(JsonParser parser, JsonToken kind, String where, String what)
      throws IOException {
    if (parser.nextToken() != kind) {
      throw new ModelFormatException("Cannot read %s: %s".formatted(where, what));
    }
  }

  static ModelFormatException malformed(String where, IOException cause) {
    // Jackson quotes the input in its messages.
    String reason =
        cause instanceof JsonProcessingException ? Quoted.reason(cause) : "invalid UTF-8";
    return new ModelFormatException(
        "Cannot read %s: it is not valid JSON (%s)".formatted(where, reason), cause);
  }
}
