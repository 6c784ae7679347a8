package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding as config.json describes it, in the layout of transformers 4 ({@code
 * rope_theta}, {@code rope_scaling}, {@code partial_rotary_factor}) or 5 ({@code rope_parameters}).
 */
final class Rope {
  private static final Set<String> LAYER_TYPES = Set.of("full_attention", "sliding_attention");
  private static final Set<String> KNOWN =
      Set.of(
          "rope_theta",
          "rope_type",
          "type",
          "partial_rotary_factor",
          "factor",
          "low_freq_factor",
          "high_freq_factor",
          "original_max_position_embeddings");

  private final BackboneConfig config;
  private final ObjectNode parameters;

  private Rope(BackboneConfig config, ObjectNode parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /** The one rotary embedding of a model. */
  static Rope of(BackboneConfig config) throws ModelFormatException {
    ObjectNode newer = object(config, "rope_parameters");
    ObjectNode older = object(config, "rope_scaling");
    if (newer != null && older != null && !newer.equals(older)) {
      throw config.wrong(
          "rope_scaling", older, "as rope_parameters, which is " + BackboneConfig.shown(newer));
    }
    return new Rope(config, newer != null ? newer : older != null ? older : empty());
  }

  /** The rotary embedding of one kind of layer, for models that have two. */
  static Rope of(BackboneConfig config, String layerType) throws ModelFormatException {
    if (object(config, "rope_scaling") != null) {
      throw config.unsupported("rope_scaling", config.json().get("rope_scaling"), "null");
    }
    ObjectNode all = object(config, "rope_parameters");
    if (all == null) {
      return new Rope(config, empty());
    }
    for (Map.Entry<String, JsonNode> entry : all.properties()) {
      boolean object = entry.getValue() instanceof ObjectNode;
      if (!LAYER_TYPES.contains(entry.getKey()) || !object && !entry.getValue().isNull()) {
        throw config.wrong(
            "rope_parameters", all, "an object of objects full_attention and sliding_attention");
      }
    }
    return new Rope(config, all.get(layerType) instanceof ObjectNode one ? one : empty());
  }

  private static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** An object field; null when absent, null or empty. */
  private static @Nullable ObjectNode object(BackboneConfig config, String field)
      throws ModelFormatException {
    if (!config.has(field)) {
      return null;
    }
    if (config.json().get(field) instanceof ObjectNode object) {
      return object.isEmpty() ? null : object;
    }
    throw config.wrong(field, config.json().get(field), "an object");
  }

  /** Refuses all rope types but the default one. */
  Rope unscaled() throws ModelFormatException {
    JsonNode type = type();
    if (type != null && !type.asText().equals("default")) {
      throw config.unsupported("rope_type", type, "default");
    }
    return this;
  }

  /** Refuses to rotate only a part of each head. */
  Rope whole() throws ModelFormatException {
    String field = "partial_rotary_factor";
    for (ObjectNode object : List.of(parameters, config.json())) {
      if (object.hasNonNull(field) && config.positive(object, field) != 1) {
        throw config.unsupported(field, object.get(field), 1);
      }
    }
    return this;
  }

  /**
   * The share of a head's dimensions that are rotated, in (0, 1].
   *
   * @param otherwise the share when nothing names one
   * @param field the field of config.json itself that names it in the older layout
   * @param others fields that transformers writes but does not read; they must not disagree
   */
  double partial(double otherwise, String field, String... others) throws ModelFormatException {
    String parameter = "partial_rotary_factor";
    double share = agreed(otherwise, parameter, field, others);
    if (share > 1) {
      throw config.wrong(parameters.has(parameter) ? parameter : field, share, "at most 1");
    }
    return share;
  }

  /**
   * Number of rotated dimensions of a head.
   *
   * @param headDim dimensions of a head
   * @param field the field that names the share
   * @param share of the dimensions that are rotated
   */
  int dimensions(int headDim, String field, double share) throws ModelFormatException {
    int rotary = (int) (headDim * share);
    if (rotary < 2 || rotary % 2 != 0) {
      throw config.unsupported(
          field,
          share,
          String.format(
              Locale.ROOT,
              "a share of the %d dimensions of a head that is an even number from 2",
              headDim));
    }
    return rotary;
  }

  /**
   * The base of the frequencies.
   *
   * @param otherwise the base when nothing names one
   * @param field the field of config.json itself that names it in the older layout
   * @param others fields that transformers writes but does not read; they must not disagree
   */
  double theta(double otherwise, String field, String... others) throws ModelFormatException {
    return agreed(otherwise, "rope_theta", field, others);
  }

  /**
   * Angle per position of each pair of rotated dimensions.
   *
   * @param rotary number of rotated dimensions of a head
   * @param theta the base
   * @return rotary / 2 values, as float32 arithmetic of the reference gives them
   */
  float[] frequencies(int rotary, double theta) throws ModelFormatException {
    float[] frequencies = new float[rotary / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / rotary;
      frequencies[i] = 1f / (float) Math.pow(theta, exponent);
    }
    JsonNode type = type();
    if (type != null) {
      scale(frequencies, type);
    }
    for (Map.Entry<String, JsonNode> entry : parameters.properties()) {
      if (!KNOWN.contains(entry.getKey()) && !entry.getValue().isNull()) {
        throw config.unsupported(
            entry.getKey(), entry.getValue(), "parameters of rope types default, linear, llama3");
      }
    }
    return frequencies;
  }

  private void scale(float[] frequencies, JsonNode type) throws ModelFormatException {
    switch (type.asText()) {
      case "default" -> {}
      case "linear" -> {
        float factor = (float) config.positive(parameters, "factor");
        for (int i = 0; i < frequencies.length; i++) {
          frequencies[i] /= factor;
        }
      }
      case "llama3" -> llama3(frequencies);
      default -> throw config.unsupported("rope_type", type, "default", "linear", "llama3");
    }
  }

  /** The rope type; null when there is none. */
  private @Nullable JsonNode type() throws ModelFormatException {
    JsonNode type = parameters.get("rope_type");
    JsonNode older = parameters.get("type");
    if (type == null || type.isNull()) {
      return older == null || older.isNull() ? null : older;
    }
    if (older != null && !older.isNull() && !older.equals(type)) {
      throw config.wrong(
          "type", older, "the same as rope_type, which is " + BackboneConfig.shown(type));
    }
    return type;
  }

  /** Low frequencies are divided by the factor, high ones kept, those between interpolated. */
  private void llama3(float[] frequencies) throws ModelFormatException {
    double factor = config.positive(parameters, "factor");
    double low = config.positive(parameters, "low_freq_factor");
    double high = config.positive(parameters, "high_freq_factor");
    String trainedField = "original_max_position_embeddings";
    double trained = config.positive(parameters, trainedField);
    if (config.has(trainedField) && config.positive(trainedField) != trained) {
      throw disagreement(trainedField, trainedField, trained);
    }
    if (high <= low) {
      throw config.wrong("high_freq_factor", high, "above low_freq_factor, which is " + low);
    }
    for (int i = 0; i < frequencies.length; i++) {
      double wavelength = 2 * Math.PI / frequencies[i];
      if (wavelength > trained / low) {
        frequencies[i] = (float) (frequencies[i] / factor);
      } else if (wavelength >= trained / high) {
        double smooth = (trained / wavelength - low) / (high - low);
        frequencies[i] = (float) ((1 - smooth) * frequencies[i] / factor + smooth * frequencies[i]);
      }
    }
  }

  private double agreed(double otherwise, String parameter, String field, String... others)
      throws ModelFormatException {
    boolean newer = parameters.hasNonNull(parameter);
    double value =
        newer ? config.positive(parameters, parameter) : config.positive(field, otherwise);
    if (config.has(field) && config.positive(field) != value) {
      throw disagreement(field, parameter, value);
    }
    for (String other : others) {
      if (config.has(other) && config.positive(other) != value) {
        throw disagreement(other, parameter, value);
      }
    }
    return value;
  }

  private ModelFormatException disagreement(String field, String parameter, double value) {
    return config.wrong(
        field,
        config.json().get(field),
        "the same as the file's other %s, which is %s".formatted(parameter, value));
  }
}
