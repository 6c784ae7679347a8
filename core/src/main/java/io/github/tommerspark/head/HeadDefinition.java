package io.github.tommerspark.head;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The JSON file of a head: its settings, and the file of its parameters.
 *
 * <p>The file holds the objects of an experimaestro serialization, as a list or as the field {@code
 * objects} of an object: one of type ToMMeR with the settings, and one that refers to it and says
 * which file or folder to load.
 *
 * <p>A boundary head, which is no published format, has a file {@code boundary.json} instead, with
 * its settings alone.
 *
 * <p>A file {@code tommer.json} beside it may add the policy for the beginning-of-sequence token,
 * word boundaries, thresholds and a calibration.
 *
 * @param config the settings
 * @param weightsFile the file with the parameters, relative to the head's directory
 */
record HeadDefinition(HeadConfig config, String weightsFile) {

  static final String OLDER = "definition.json";
  static final String NEWER = "experimaestro.json";
  static final String BOUNDARY = "boundary.json";
  static final String SAFETENSORS = "model.safetensors";

  /**
   * The file of this project's additions to a head, beside the published files, which stay as
   * others know them.
   */
  static final String ADDITIONS = "tommer.json";

  private static final String OLDER_WEIGHTS = "parameters";
  private static final String TYPE = "ToMMeR";

  static final String BOUNDARY_FORMAT = "tommer-spark/boundary-head";
  static final int BOUNDARY_VERSION = 1;

  static HeadDefinition read(ModelDirectory directory) throws IOException {
    if (directory.exists(BOUNDARY)) {
      return boundary(directory);
    }
    boolean newer = directory.exists(NEWER);
    if (!newer && !directory.exists(OLDER)) {
      throw new ModelFormatException(
          "Cannot read head %s: there is neither %s nor %s; name the directory of a ToMMeR head"
              .formatted(directory.name(), NEWER, OLDER));
    }
    String file = newer ? NEWER : OLDER;
    String where = directory.name() + "/" + file;
    JsonNode root = StrictJson.read(directory, file);
    Serialized objects = new Serialized(where, root.isArray() ? root : root.path("objects"));
    JsonNode head = objects.head();
    Fields fields = new Fields(where, head.path("fields"));
    try {
      HeadConfig config = fields.config(additions(directory, fields));
      return new HeadDefinition(
          config, objects.weightsFile(head.path("id"), newer ? SAFETENSORS : OLDER_WEIGHTS));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("Cannot read head %s: %s".formatted(where, e.getMessage()), e);
    }
  }

  private static HeadDefinition boundary(ModelDirectory directory) throws IOException {
    String where = directory.name() + "/" + BOUNDARY;
    Fields fields = new Fields(where, StrictJson.read(directory, BOUNDARY));
    try {
      return new HeadDefinition(fields.boundary(additions(directory, fields)), SAFETENSORS);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("Cannot read head %s: %s".formatted(where, e.getMessage()), e);
    }
  }

  /** The fields of {@code tommer.json}; without one, those of the definition may have them. */
  private static Fields additions(ModelDirectory directory, Fields definition) throws IOException {
    return directory.exists(ADDITIONS)
        ? new Fields(directory.name() + "/" + ADDITIONS, StrictJson.read(directory, ADDITIONS))
        : definition;
  }

  /** The serialized objects, in any order. */
  private record Serialized(String where, JsonNode objects) {

    JsonNode head() throws ModelFormatException {
      JsonNode head = null;
      List<String> types = new ArrayList<>();
      for (JsonNode object : objects) {
        String type = object.path("type").asText();
        types.add(type);
        if (type.equals(TYPE)) {
          if (head != null) {
            throw new ModelFormatException(
                "Cannot read head %s: it has several objects of type %s".formatted(where, TYPE));
          }
          head = object;
        }
      }
      if (head == null) {
        throw new ModelFormatException(
            "Cannot read head %s: it has no object of type %s, only %s"
                .formatted(where, TYPE, Quoted.of(String.join(", ", types))));
      }
      return head;
    }

    String weightsFile(JsonNode headId, String otherwise) {
      for (JsonNode object : objects) {
        JsonNode path = null;
        boolean loadsHead = false;
        for (JsonNode field : object.path("fields")) {
          if (field.path("type").asText().equals("path.serialized")) {
            path = field;
          }
          loadsHead |=
              field.path("type").asText().equals("python") && field.path("value").equals(headId);
        }
        if (loadsHead && path != null) {
          String value = path.path("value").asText();
          return path.path("is_folder").asBoolean() ? value + "/" + SAFETENSORS : value;
        }
      }
      return otherwise;
    }
  }

  /** The settings. Fields beyond those known are left alone. */
  private record Fields(String where, JsonNode fields) {

    HeadConfig config(Fields additions) throws ModelFormatException {
      return new HeadConfig(
          HeadType.PUBLISHED,
          text(HeadFields.LLM_NAME),
          integer(HeadFields.LAYER),
          integer(HeadFields.RANK),
          flag(HeadFields.CAUSAL_MASK),
          integer(HeadFields.SLIDING_WINDOW),
          flag(HeadFields.USE_COSINE),
          normalization(),
          additions.additions());
    }

    HeadConfig boundary(Fields additions) throws ModelFormatException {
      if (!text(HeadFields.FORMAT).equals(BOUNDARY_FORMAT)) {
        throw wrong(HeadFields.FORMAT, Quoted.of(BOUNDARY_FORMAT));
      }
      if (integer(HeadFields.VERSION) != BOUNDARY_VERSION) {
        throw wrong(HeadFields.VERSION, BOUNDARY_VERSION + ", the version that is known here");
      }
      return HeadConfig.boundary(
          text(HeadFields.LLM_NAME),
          integer(HeadFields.LAYER),
          integer(HeadFields.RANK),
          integer(HeadFields.SLIDING_WINDOW),
          additions.additions());
    }

    private HeadAdditions additions() throws ModelFormatException {
      return new HeadAdditions(
          bosAlways(),
          fields.has(HeadFields.WORD_BOUNDARIES) && flag(HeadFields.WORD_BOUNDARIES),
          new HeadThresholds(
              number(HeadFields.RECOMMENDED_THRESHOLD),
              number(HeadFields.RECALL_THRESHOLD),
              number(HeadFields.PRECISION_THRESHOLD)),
          new Calibration(
              number(HeadFields.CALIBRATION_SCALE).orElse(Calibration.NONE.scale()),
              number(HeadFields.CALIBRATION_OFFSET).orElse(Calibration.NONE.offset())));
    }

    private String text(String field) throws ModelFormatException {
      JsonNode value = required(field);
      if (!value.isTextual()) {
        throw wrong(field, "a string");
      }
      return value.textValue();
    }

    private int integer(String field) throws ModelFormatException {
      JsonNode value = required(field);
      if (!value.isIntegralNumber() || !value.canConvertToInt()) {
        throw wrong(field, "an integer of at most " + Integer.MAX_VALUE);
      }
      return value.intValue();
    }

    private boolean flag(String field) throws ModelFormatException {
      JsonNode value = required(field);
      if (!value.isBoolean()) {
        throw wrong(field, "true or false");
      }
      return value.booleanValue();
    }

    private ScoreNormalization normalization() throws ModelFormatException {
      return ScoreNormalization.ofKey(text(HeadFields.NORMALIZE_SCORES))
          .orElseThrow(
              () -> wrong(HeadFields.NORMALIZE_SCORES, "\"\", \"log_sigmoid\" or \"atan\""));
    }

    private boolean bosAlways() throws ModelFormatException {
      if (!fields.has(HeadFields.BOS)) {
        return false;
      }
      return switch (text(HeadFields.BOS)) {
        case "always" -> true;
        case "tokenizer" -> false;
        default -> throw wrong(HeadFields.BOS, "\"always\" or \"tokenizer\"");
      };
    }

    private OptionalDouble number(String field) throws ModelFormatException {
      if (!fields.has(field)) {
        return OptionalDouble.empty();
      }
      JsonNode value = required(field);
      if (!value.isNumber()) {
        throw wrong(field, "a number");
      }
      return OptionalDouble.of(value.doubleValue());
    }

    private JsonNode required(String field) throws ModelFormatException {
      JsonNode value = fields.get(field);
      if (value == null) {
        throw new ModelFormatException(
            "Cannot read head %s: field \"%s\" is missing".formatted(where, field));
      }
      return value;
    }

    private ModelFormatException wrong(String field, String expected) {
      JsonNode value = fields.get(field);
      String shown = value.isTextual() ? Quoted.of(value.textValue()) : value.asText();
      return new ModelFormatException(
          "Cannot read head %s: field \"%s\" is %s, and must be %s"
              .formatted(
                  where, field, value.isContainerNode() ? "a JSON container" : shown, expected));
    }
  }
}
