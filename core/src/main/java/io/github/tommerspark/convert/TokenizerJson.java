package io.github.tommerspark.convert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** A tokenizer.json that is to go with a model. */
final class TokenizerJson {

  /** Four times the largest published ones. */
  private static final int MAX_BYTES = 128 << 20;

  private TokenizerJson() {}

  /**
   * Reads a tokenizer and checks that the model knows its tokens.
   *
   * @param file the tokenizer.json
   * @param vocabulary number of token ids of the model
   * @return its bytes as they are
   * @throws ModelFormatException if it is none, or has token ids that the model does not know
   * @throws IOException if it cannot be read
   */
  static byte[] read(Path file, long vocabulary) throws IOException {
    Path absolute = file.toAbsolutePath();
    byte[] bytes =
        LocalDirectory.of(absolute).readAll(absolute.getFileName().toString(), MAX_BYTES);
    JsonNode root;
    try {
      root = new JsonMapper().readTree(bytes);
    } catch (JsonProcessingException | CharConversionException e) {
      throw new ModelFormatException(
          "Cannot read tokenizer %s: it is not valid JSON (%s)".formatted(file, Quoted.reason(e)),
          e);
    }
    JsonNode tokens = root.path("model").path("vocab");
    if (!tokens.isContainerNode() || tokens.isEmpty()) {
      throw new ModelFormatException(
          "Cannot read tokenizer %s: it has no \"vocab\" in its \"model\"; name the tokenizer.json of a Hugging Face model"
              .formatted(file));
    }
    // A list has an id for each place; a map names them.
    long last = tokens.isArray() ? tokens.size() - 1 : -1;
    if (tokens.isObject()) {
      for (JsonNode id : tokens) {
        last = Math.max(last, id.asLong(-1));
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      last = Math.max(last, added.path("id").asLong(-1));
    }
    if (last >= vocabulary) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use tokenizer %s: it has token ids up to %d, but the model knows %d; it belongs to another model",
              file,
              last,
              vocabulary));
    }
    return bytes;
  }
}
