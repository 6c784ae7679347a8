package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.Map;
import java.util.Set;

/**
 * Rotary position embedding as config.json describes it, in the layout of transformers 4 ({@code
 * rope_theta}, {@code rope_scaling}, {@code partial_rotary_factor}) or 5 ({@code rope_parameters}).
 */
final class Rope {
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
      throw config.unsupported(
          "rope_scaling", older, "one of rope_scaling and rope_parameters, not both");
    }
    ObjectNode chosen = newer != null ? newer : older;
    return new Rope(config, chosen != null ? chosen : JsonNodeFactory.instance.objectNode());
  }

  /** The rotary embedding of one kind of layer, for models that have two. */
  static Rope of(BackboneConfig config, String layerType) throws ModelFormatException {
    if (object(config, "rope_scaling") != null) {
      throw config.unsupported("rope_scaling", config.json().get("rope_scaling"), "null");
    }
    ObjectNode all = object(config, "rope_parameters");
    JsonNode one = all == null ? null : all.get(layerType);
    if (all != null && !(one instanceof ObjectNode)) {
      throw config.wrong("rope_parameters", all, "an object with \"" + layerType + "\"");
    }
    return new Rope(config, one == null ? JsonNodeFactory.instance.objectNode() : (ObjectNode) one);
  }

  private static ObjectNode object(BackboneConfig config, String field)
      throws ModelFormatException {
    if (!config.has(field)) {
      return null;
    }
    if (config.json().get(field) instanceof ObjectNode object) {
      return object;
    }
    throw config.wrong(field, config.json().get(field), "an object");
  }

  /**
   * The share of a head's dimensions that are rotated, in (0, 1].
   *
   * @param otherwise the share when nothing names one
   * @param fields fields of config.json itself that may name it; all that are there must agree
   */
  double partial(double otherwise, String... fields) throws ModelFormatException {
    double share = agreed(otherwise, "partial_rotary_factor", fields);
    if (share > 1) {
      throw config.wrong("partial_rotary_factor", share, "at most 1");
    }
    return share;
  }

  /**
   * Angle per position of each pair of rotated dimensions.
   *
   * @param rotary number of rotated dimensions of a head
   * @param theta the base when nothing names one
   * @param fields fields of config.json itself that may name the base; all that are there must
   *     agree
   * @return rotary / 2 values, as float32 arithmetic of the reference gives them
   */
  float[] frequencies(int rotary, double theta, String... fields) throws ModelFormatException {
    for (Map.Entry<String, JsonNode> entry : parameters.properties()) {
      if (!KNOWN.contains(entry.getKey()) && !entry.getValue().isNull()) {
        throw config.unsupported(
            "rope parameter " + entry.getKey(),
            entry.getValue(),
            "rope types default, linear, llama3");
      }
    }
    double base = agreed(theta, "rope_theta", fields);
    float[] frequencies = new float[rotary / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = (float) (2 * i) / rotary;
      frequencies[i] = 1f / (float) Math.pow(base, exponent);
    }
    JsonNode type =
        parameters.hasNonNull("rope_type") ? parameters.get("rope_type") : parameters.get("type");
    switch (type == null || type.isNull() ? "default" : type.asText()) {
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
    return frequencies;
  }

  /** Low frequencies are divided by the factor, high ones kept, those between interpolated. */
  private void llama3(float[] frequencies) throws ModelFormatException {
    double factor = config.positive(parameters, "factor");
    double low = config.positive(parameters, "low_freq_factor");
    double high = config.positive(parameters, "high_freq_factor");
    double trained = config.positive(parameters, "original_max_position_embeddings");
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

  private double agreed(double otherwise, String parameter, String... fields)
      throws ModelFormatException {
    Double value = parameters.hasNonNull(parameter) ? config.positive(parameters, parameter) : null;
    for (String field : fields) {
      if (config.has(field)) {
        double other = config.positive(field);
        if (value != null && value != other) {
          throw config.wrong(
              field, other, "the same as elsewhere in the file, where it is " + value);
        }
        value = other;
      }
    }
    return value == null ? otherwise : value;
  }
}
