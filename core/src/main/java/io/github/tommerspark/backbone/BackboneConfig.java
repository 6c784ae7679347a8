package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * A checkpoint's config.json, read with checks; every error names the file, the field and value.
 *
 * <p>A field that is absent has the default that transformers gives it. A field that is null is not
 * absent: transformers keeps the null, which then means something of its own or fails. So null is
 * refused, except where a method says what it means.
 */
final class BackboneConfig {
  static final String FILE = "config.json";
  // Larger than any published model; keeps products of two sizes within a long.
  private static final int MAX_SIZE = 1 << 24;
  // A list with an entry per layer is made before any weight is looked for.
  private static final int MAX_LAYERS = 1 << 12;

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
    if (StrictJson.read(directory, FILE) instanceof ObjectNode object) {
      return new BackboneConfig(file, object);
    }
    throw new ModelFormatException("Cannot read %s: it is not a JSON object".formatted(file));
  }

  ObjectNode json() {
    return json;
  }

  /** Returns whether the field is there and not null. */
  boolean has(String field) {
    return json.hasNonNull(field);
  }

  String modelType() throws ModelFormatException {
    if (!has("model_type")) {
      throw new ModelFormatException(
          "Cannot read %s: field \"model_type\" is missing; supported: %s"
              .formatted(file, String.join(", ", Families.names())));
    }
    return text("model_type", "");
  }

  /**
   * Returns the name that the file gives the model; "" where it does not. Nothing is computed from
   * it.
   */
  String nameOrPath() {
    JsonNode node = json.get("_name_or_path");
    return node != null && node.isTextual() ? node.textValue() : "";
  }

  String text(String field, String otherwise) throws ModelFormatException {
    JsonNode node = json.get(field);
    if (node == null) {
      return otherwise;
    }
    if (!node.isTextual()) {
      throw wrong(field, node, "a string");
    }
    return node.textValue();
  }

  /** A size: at least 1, and small enough that products of two cannot overflow. */
  int size(String field) throws ModelFormatException {
    return (int) whole(field, require(field), 1, MAX_SIZE);
  }

  int size(String field, int otherwise) throws ModelFormatException {
    return json.has(field) ? size(field) : otherwise;
  }

  /** A size that null switches off or leaves to be derived; empty when null or absent. */
  OptionalInt sizeOrNull(String field) throws ModelFormatException {
    return has(field) ? OptionalInt.of(size(field)) : OptionalInt.empty();
  }

  /** The number of blocks. */
  int layers(String field) throws ModelFormatException {
    return (int) whole(field, require(field), 1, MAX_LAYERS);
  }

  /** A whole number from 0. */
  int count(String field, int otherwise) throws ModelFormatException {
    return json.has(field) ? (int) whole(field, json.get(field), 0, MAX_SIZE) : otherwise;
  }

  /** A token id; empty when null or absent. */
  OptionalInt id(String field) throws ModelFormatException {
    return has(field)
        ? OptionalInt.of((int) whole(field, json.get(field), 0, Integer.MAX_VALUE))
        : OptionalInt.empty();
  }

  private long whole(String field, JsonNode node, long least, long most)
      throws ModelFormatException {
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < least
        || node.longValue() > most) {
      throw wrong(
          field, node, String.format(Locale.ROOT, "a whole number from %d to %d", least, most));
    }
    return node.longValue();
  }

  double positive(String field) throws ModelFormatException {
    return positive(json, field);
  }

  double positive(String field, double otherwise) throws ModelFormatException {
    return json.has(field) ? positive(field) : otherwise;
  }

  /** A positive number in an object of this file, such as rope_parameters. */
  double positive(ObjectNode object, String field) throws ModelFormatException {
    JsonNode node = object.get(field);
    if (node == null) {
      throw missing(field);
    }
    if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
      throw wrong(field, node, "a positive number");
    }
    return node.doubleValue();
  }

  /** A switch; null is off. */
  boolean flag(String field, boolean otherwise) throws ModelFormatException {
    JsonNode node = json.get(field);
    if (node == null) {
      return otherwise;
    }
    if (!node.isBoolean() && !node.isNull()) {
      throw wrong(field, node, "true or false");
    }
    return node.booleanValue();
  }

  /** Refuses a field that is there and says something else than the one that counts. */
  void requireSame(String field, int value) throws ModelFormatException {
    OptionalInt other = sizeOrNull(field);
    if (other.isPresent() && other.getAsInt() != value) {
      throw unsupported(field, other.getAsInt(), value);
    }
  }

  ModelFormatException missing(String field) {
    return new ModelFormatException(
        "Cannot read %s: field \"%s\" is missing".formatted(file, field));
  }

  ModelFormatException wrong(String field, Object value, String expected) {
    return new ModelFormatException(
        "Cannot read %s: field %s is %s, but must be %s"
            .formatted(file, Quoted.of(field), shown(value), expected));
  }

  /** For values that are valid but that no shipped source computes exactly. */
  ModelFormatException unsupported(String field, Object value, Object... supported) {
    return new ModelFormatException(
        "Cannot use %s: %s is %s, which is not supported; supported: %s"
            .formatted(
                file,
                Quoted.of(field),
                shown(value),
                String.join(", ", Arrays.stream(supported).map(String::valueOf).toList())));
  }

  /** A value of a file that nobody vouches for, on one line and not too long. */
  static String shown(Object value) {
    if (value instanceof JsonNode node && !node.isTextual()) {
      String quoted = Quoted.of(node.toString());
      return quoted.substring(1, quoted.length() - 1).replace("\\\"", "\"");
    }
    return value instanceof Number
        ? value.toString()
        : Quoted.of(value instanceof JsonNode node ? node.textValue() : value.toString());
  }

  /** The value of a field that has no default; it may be null. */
  JsonNode require(String field) throws ModelFormatException {
    JsonNode node = json.get(field);
    if (node == null) {
      throw missing(field);
    }
    return node;
  }
}
