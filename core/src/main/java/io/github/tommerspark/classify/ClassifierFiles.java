package io.github.tommerspark.classify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.AtomicFile;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.FloatConversion;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads and writes the files of a span classifier: {@code classifier.json} with the settings and
 * {@code model.safetensors} with the parameters. {@code docs/classifiers.md} describes both.
 */
public final class ClassifierFiles {

  /** The file with the settings. */
  public static final String SETTINGS = "classifier.json";

  /** The file with the parameters. */
  public static final String PARAMETERS = "model.safetensors";

  private static final String FORMAT = "tommer-spark/span-classifier";
  private static final int VERSION = 1;

  /** The most elements of a tensor that are believed: 256 MiB of float32. */
  private static final long MAX_ELEMENTS = 1 << 26;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ClassifierFiles() {}

  /**
   * Reads a classifier. Parameters stored as float16 or bfloat16 are converted to float32, exactly.
   *
   * @param directory the directory of the classifier
   * @return the classifier
   * @throws ModelFormatException when a file is missing or malformed, a field is missing or out of
   *     range, or a tensor is missing, unknown or of another shape than the settings ask for
   * @throws IOException when a file cannot be read
   */
  public static SpanClassifier read(ModelDirectory directory) throws IOException {
    ClassifierConfig config = readConfig(directory);
    if (!directory.exists(PARAMETERS)) {
      throw new ModelFormatException(
          "Cannot read classifier %s/%s: the file is missing, and the parameters should be in it"
              .formatted(directory.name(), PARAMETERS));
    }
    String where = directory.name() + "/" + PARAMETERS;
    try (Checkpoint checkpoint = Checkpoint.open(directory, PARAMETERS)) {
      boolean zeroShot = checkpoint.names().contains(ClassifierFields.PROMPT_WEIGHT);
      Map<String, long[]> shapes = shapes(config, zeroShot);
      for (String name : checkpoint.names()) {
        if (!shapes.containsKey(name)) {
          throw refused(where, name, "is not part of such a classifier");
        }
      }
      Map<String, float[]> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, long[]> expected : shapes.entrySet()) {
        tensors.put(
            expected.getKey(), values(checkpoint, where, expected.getKey(), expected.getValue()));
      }
      return new SpanClassifier(
          config,
          tensors.get(ClassifierFields.INPUT_WEIGHT),
          tensors.get(ClassifierFields.INPUT_BIAS),
          tensors.getOrDefault(ClassifierFields.HIDDEN_WEIGHT, new float[0]),
          tensors.getOrDefault(ClassifierFields.HIDDEN_BIAS, new float[0]),
          tensors.get(ClassifierFields.CLASS_VECTORS),
          tensors.getOrDefault(ClassifierFields.PROMPT_WEIGHT, new float[0]),
          tensors.getOrDefault(ClassifierFields.PROMPT_BIAS, new float[0]));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          "Cannot read classifier %s: %s".formatted(where, e.getMessage()), e);
    }
  }

  /**
   * Reads the settings alone.
   *
   * @throws ModelFormatException when the file is missing or malformed, or a field is missing or
   *     out of range
   * @throws IOException when the file cannot be read
   */
  public static ClassifierConfig readConfig(ModelDirectory directory) throws IOException {
    if (!directory.exists(SETTINGS)) {
      throw new ModelFormatException(
          "Cannot read classifier %s: there is no %s; name a directory that train-classifier wrote"
              .formatted(directory.name(), SETTINGS));
    }
    Fields fields =
        new Fields(directory.name() + "/" + SETTINGS, StrictJson.read(directory, SETTINGS));
    String format = fields.text(ClassifierFields.FORMAT);
    if (!format.equals(FORMAT)) {
      throw fields.wrong(ClassifierFields.FORMAT, '"' + FORMAT + '"');
    }
    if (fields.integer(ClassifierFields.VERSION) != VERSION) {
      throw fields.wrong(ClassifierFields.VERSION, VERSION + ", the one that this version reads");
    }
    try {
      return new ClassifierConfig(
          fields.text(ClassifierFields.LLM_NAME),
          fields.integer(ClassifierFields.LAYER),
          fields.integer(ClassifierFields.HIDDEN_SIZE),
          fields.choice(
              ClassifierFields.REPRESENTATION,
              SpanRepresentation::ofLabel,
              "\"concat\" or \"average\""),
          fields.integer(ClassifierFields.MLP_LAYERS),
          fields.integer(ClassifierFields.EMBEDDING_SIZE),
          fields.choice(
              ClassifierFields.PROBABILITY,
              ClassProbability::ofLabel,
              "\"softmax\" or \"sigmoid\""),
          fields.texts(ClassifierFields.CLASSES));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          "Cannot read classifier %s: %s".formatted(fields.where(), e.getMessage()), e);
    }
  }

  /** The tensors that settings ask for. */
  private static Map<String, long[]> shapes(ClassifierConfig config, boolean zeroShot) {
    long embedding = config.embeddingSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put(
        ClassifierFields.INPUT_WEIGHT,
        new long[] {embedding, config.representation().width(config.hiddenSize())});
    shapes.put(ClassifierFields.INPUT_BIAS, new long[] {embedding});
    if (config.mlpLayers() > 1) {
      shapes.put(ClassifierFields.HIDDEN_WEIGHT, new long[] {embedding, embedding});
      shapes.put(ClassifierFields.HIDDEN_BIAS, new long[] {embedding});
    }
    shapes.put(ClassifierFields.CLASS_VECTORS, new long[] {config.classes().size(), embedding});
    if (zeroShot) {
      shapes.put(ClassifierFields.PROMPT_WEIGHT, new long[] {embedding, config.hiddenSize()});
      shapes.put(ClassifierFields.PROMPT_BIAS, new long[] {embedding});
    }
    return shapes;
  }

  private static float[] values(Checkpoint checkpoint, String where, String name, long[] expected)
      throws IOException {
    if (!checkpoint.names().contains(name)) {
      throw refused(where, name, "is missing");
    }
    TensorInfo tensor = checkpoint.tensor(name);
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw refused(
          where,
          name,
          "has shape %s, and %s asks for %s"
              .formatted(Arrays.toString(tensor.shape()), SETTINGS, Arrays.toString(expected)));
    }
    if (tensor.elements() > MAX_ELEMENTS) {
      throw refused(
          where,
          name,
          "has %d values, and at most %d are read".formatted(tensor.elements(), MAX_ELEMENTS));
    }
    float[] values = checkpoint.floats(tensor);
    if (!FloatConversion.allFinite(values)) {
      throw refused(where, name, "has values that are not finite");
    }
    return values;
  }

  private static ModelFormatException refused(String where, String tensor, String reason) {
    return new ModelFormatException(
        "Cannot read classifier %s: tensor %s %s".formatted(where, Quoted.of(tensor), reason));
  }

  /**
   * Writes a classifier, replacing one that is there. Each file appears whole or not at all, the
   * settings last. The same classifier gives the same bytes.
   *
   * @param classifier the classifier
   * @param directory the directory to write to; made if need be
   * @throws IOException when writing fails
   */
  public static void write(SpanClassifier classifier, Path directory) throws IOException {
    Files.createDirectories(directory);
    AtomicFile.write(
        directory.resolve(PARAMETERS), out -> SafetensorsWriter.write(tensors(classifier), out));
    AtomicFile.write(
        directory.resolve(SETTINGS),
        out ->
            out.write(
                MAPPER
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsBytes(settings(classifier.config()))));
  }

  private static Map<String, FloatTensor> tensors(SpanClassifier classifier) {
    Map<String, float[]> values = new LinkedHashMap<>();
    values.put(ClassifierFields.INPUT_WEIGHT, classifier.inputWeight());
    values.put(ClassifierFields.INPUT_BIAS, classifier.inputBias());
    values.put(ClassifierFields.HIDDEN_WEIGHT, classifier.hiddenWeight());
    values.put(ClassifierFields.HIDDEN_BIAS, classifier.hiddenBias());
    values.put(ClassifierFields.CLASS_VECTORS, classifier.classVectors());
    values.put(ClassifierFields.PROMPT_WEIGHT, classifier.promptWeight());
    values.put(ClassifierFields.PROMPT_BIAS, classifier.promptBias());
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    shapes(classifier.config(), classifier.zeroShot())
        .forEach((name, shape) -> tensors.put(name, new FloatTensor(shape, values.get(name))));
    return tensors;
  }

  private static ObjectNode settings(ClassifierConfig config) {
    ObjectNode settings =
        MAPPER
            .createObjectNode()
            .put(ClassifierFields.FORMAT, FORMAT)
            .put(ClassifierFields.VERSION, VERSION)
            .put(ClassifierFields.LLM_NAME, config.llmName())
            .put(ClassifierFields.LAYER, config.layer())
            .put(ClassifierFields.HIDDEN_SIZE, config.hiddenSize())
            .put(ClassifierFields.REPRESENTATION, config.representation().label())
            .put(ClassifierFields.MLP_LAYERS, config.mlpLayers())
            .put(ClassifierFields.EMBEDDING_SIZE, config.embeddingSize())
            .put(ClassifierFields.PROBABILITY, config.probability().label());
    ArrayNode classes = settings.putArray(ClassifierFields.CLASSES);
    config.classes().forEach(classes::add);
    return settings;
  }

  /** Fields of the settings. Those beyond the known ones are left alone. */
  private record Fields(String where, JsonNode root) {

    String text(String field) throws ModelFormatException {
      JsonNode value = required(field);
      if (!value.isTextual()) {
        throw wrong(field, "a string");
      }
      return value.textValue();
    }

    int integer(String field) throws ModelFormatException {
      JsonNode value = required(field);
      if (!value.isIntegralNumber() || !value.canConvertToInt()) {
        throw wrong(field, "an integer of at most " + Integer.MAX_VALUE);
      }
      return value.intValue();
    }

    List<String> texts(String field) throws ModelFormatException {
      JsonNode value = required(field);
      List<String> texts = new ArrayList<>();
      for (JsonNode element : value) {
        texts.add(element.isTextual() ? element.textValue() : null);
      }
      if (!value.isArray() || texts.contains(null)) {
        throw wrong(field, "an array of strings");
      }
      return texts;
    }

    <T> T choice(String field, Function<String, Optional<T>> parse, String expected)
        throws ModelFormatException {
      return parse.apply(text(field)).orElseThrow(() -> wrong(field, expected));
    }

    private JsonNode required(String field) throws ModelFormatException {
      JsonNode value = root.get(field);
      if (value == null) {
        throw new ModelFormatException(
            "Cannot read classifier %s: field \"%s\" is missing".formatted(where, field));
      }
      return value;
    }

    ModelFormatException wrong(String field, String expected) {
      JsonNode value = root.path(field);
      String shown = value.isTextual() ? Quoted.of(value.textValue()) : value.asText();
      return new ModelFormatException(
          "Cannot read classifier %s: field \"%s\" is %s, and must be %s"
              .formatted(
                  where, field, value.isContainerNode() ? "a JSON container" : shown, expected));
    }
  }
}
