package io.github.tommerspark.backbone;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A checkpoint's config.json, read with checks; every error names the file, the field and value.
 */
final class BackboneConfig {
  static final String FILE = "config.json";
  private static final int MAX_BYTES = 1 << 20;
  // Larger than any published model; keeps products of two sizes within a long.
  private static final int MAX_SIZE = 1 << 24;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final String file;
  private final ObjectNode json;

  BackboneConfig(String file, ObjectNode json) {
    this.file = file;
    this.json = json;
  }

  static BackboneConfig read(ModelDirectory directory) throws IOException {
    String file = directory.name() + "/" + FILE;
    if (!directory.exists(FILE)) {
      throw new ModelFormatException(
          "Cannot read backbone %s: there is no config.json; name the directory of a Hugging Face snapshot"
              .formatted(directory.name()));
    }
    try {
      JsonNode node = JSON.readTree(directory.readAll(FILE, MAX_BYTES));
      if (node instanceof ObjectNode object) {
        return new BackboneConfig(file, object);
      }
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(
          "Cannot read %s: it is not valid JSON (%s)".formatted(file, e.getOriginalMessage()));
    }
    throw new ModelFormatException("Cannot read %s: it is not a JSON object".formatted(file));
  }

  ObjectNode json() {
    return json;
  }

  /** Whether the field is there and not null. */
  boolean has(String field) {
    return json.hasNonNull(field);
  }

  String modelType() throws ModelFormatException {
    return text("model_type");
  }

  String text(String field) throws ModelFormatException {
    JsonNode node = require(field);
    if (!node.isTextual()) {
      throw wrong(field, node, "a string");
    }
    return node.textValue();
  }

  String text(String field, String otherwise) throws ModelFormatException {
    return has(field) ? text(field) : otherwise;
  }

  /** A size: at least 1, and small enough that products of two cannot overflow. */
  int size(String field) throws ModelFormatException {
    JsonNode node = require(field);
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 1
        || node.intValue() > MAX_SIZE) {
      throw wrong(field, node, "a whole number from 1 to " + MAX_SIZE);
    }
    return node.intValue();
  }

  int size(String field, int otherwise) throws ModelFormatException {
    return has(field) ? size(field) : otherwise;
  }

  /** A whole number from 0, such as a token id. */
  OptionalInt id(String field) throws ModelFormatException {
    if (!has(field)) {
      return OptionalInt.empty();
    }
    JsonNode node = json.get(field);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
      throw wrong(field, node, "a whole number from 0");
    }
    return OptionalInt.of(node.intValue());
  }

  double positive(String field) throws ModelFormatException {
    return positive(json, field);
  }

  double positive(String field, double otherwise) throws ModelFormatException {
    return has(field) ? positive(field) : otherwise;
  }

  /** A positive number in an object of this file, such as rope_parameters. */
  double positive(ObjectNode object, String field) throws ModelFormatException {
    JsonNode node = object.get(field);
    if (node == null || node.isNull()) {
      throw missing(field);
    }
    if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
      throw wrong(field, node, "a positive number");
    }
    return node.doubleValue();
  }

  boolean flag(String field, boolean otherwise) throws ModelFormatException {
    if (!has(field)) {
      return otherwise;
    }
    JsonNode node = json.get(field);
    if (!node.isBoolean()) {
      throw wrong(field, node, "true or false");
    }
    return node.booleanValue();
  }

  ModelFormatException missing(String field) {
    return new ModelFormatException(
        "Cannot read %s: field \"%s\" is missing".formatted(file, field));
  }

  ModelFormatException wrong(String field, Object value, String expected) {
    return new ModelFormatException(
        "Cannot read %s: field \"%s\" is %s, but must be %s"
            .formatted(file, field, value, expected));
  }

  /** For values that are valid but that no shipped source computes exactly. */
  ModelFormatException unsupported(String field, Object value, Object... supported) {
    return new ModelFormatException(
        "Cannot use %s: \"%s\" is %s, which is not supported; supported: %s"
            .formatted(
                file,
                field,
                value,
                String.join(", ", Arrays.stream(supported).map(String::valueOf).toList())));
  }

  private JsonNode require(String field) throws ModelFormatException {
    if (!has(field)) {
      throw missing(field);
    }
    return json.get(field);
  }
}
