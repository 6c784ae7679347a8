package io.github.tommerspark.detect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.text.BosPolicy;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The record in a snapshot's {@code tommer.json}: folders of what the snapshot brings, and how it
 * is to be read.
 *
 * @param head folder of its head
 * @param classifier folder of its span classifier
 * @param labelModel folder of its label model
 * @param maxTokens tokens of a window that the model was made for
 * @param bos policy for the beginning-of-sequence token
 */
record ModelRecord(
    Optional<String> head,
    Optional<String> classifier,
    Optional<String> labelModel,
    OptionalInt maxTokens,
    Optional<BosPolicy> bos) {

  /** The record of a model that has none. */
  static final ModelRecord NONE =
      new ModelRecord(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty());

  private static final String FILE = "tommer.json";
  private static final int MAX_BYTES = 1 << 20;
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Reads the record of a directory.
   *
   * @return {@link #NONE} if there is none
   * @throws ModelFormatException if it is not JSON
   */
  static ModelRecord read(ModelDirectory directory) throws IOException {
    if (!directory.exists(FILE)) {
      return NONE;
    }
    try {
      JsonNode json = JSON.readTree(directory.readAll(FILE, MAX_BYTES));
      JsonNode maxTokens = json.path("maxTokens");
      return new ModelRecord(
          text(json, "head"),
          text(json, "classifier"),
          text(json, "zeroShotClassifier"),
          maxTokens.canConvertToInt() ? OptionalInt.of(maxTokens.intValue()) : OptionalInt.empty(),
          text(json, "bos").map(BosPolicy::parse));
    } catch (JsonProcessingException | CharConversionException e) {
      throw new ModelFormatException(
          "Cannot read %s/%s: it is not valid JSON (%s)"
              .formatted(directory.name(), FILE, Quoted.reason(e)));
    }
  }

  private static Optional<String> text(JsonNode json, String key) {
    return json.hasNonNull(key) ? Optional.of(json.get(key).asText()) : Optional.empty();
  }
}
