package io.github.tommerspark.classify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.AtomicFile;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Reads and writes the files of a span classifier or a label model: {@code classifier.json} with
 * the settings and {@code model.safetensors} with the parameters. {@code docs/labels.md} describes
 * both.
 */
public final class ClassifierFiles {

  /** The file with the settings. */
  public static final String SETTINGS = "classifier.json";

  /** The file with the parameters. */
  public static final String PARAMETERS = "model.safetensors";

  private static final String SPAN_CLASSIFIER = "tommer-spark/span-classifier";
  private static final String LABEL_MODEL = "tommer-spark/label-model";
  private static final int VERSION = 1;

  /** The most elements of a tensor that are believed: 256 MiB of float32. */
  private static final long MAX_ELEMENTS = 1 << 26;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ClassifierFiles() {}

  /**
   * Reads a classifier. Parameters stored as float16 or bfloat16 are converted to float32, exactly.
   *
   * @param directory the directory of the classifier
   * @return the classifier; a label model without labels
   * @throws ModelFormatException when a file is missing or malformed, a field is missing or out of
   *     range, or a tensor is missing, unknown or of another shape than the settings ask for
   * @throws IOException when a file cannot be read
   */
  public static MentionClassifier read(ModelDirectory directory) throws IOException {
    SettingsFields settings = settings(directory);
    return isLabelModel(settings)
        ? labelModel(directory, labelModelConfig(settings))
        : spanClassifier(directory, spanClassifierConfig(settings));
  }

  /**
   * Reads which block a classifier reads, from its settings alone.
   *
   * @return from 0
   * @throws ModelFormatException when the file is missing or malformed, or a field is missing or
   *     out of range
   * @throws IOException when the file cannot be read
   */
  public static int readLayer(ModelDirectory directory) throws IOException {
    SettingsFields settings = settings(directory);
    return isLabelModel(settings)
        ? labelModelConfig(settings).layer()
        : spanClassifierConfig(settings).layer();
  }

  private static LabelModel labelModel(ModelDirectory directory, LabelModelConfig config)
      throws IOException {
    Map<String, long[]> shapes = LabelModel.shapes(config);
    Map<String, FloatTensor> tensors =
        tensors(
            directory,
            checkpoint -> {
              Map<String, long[]> all = new LinkedHashMap<>(shapes);
              // As many rows as were sampled.
              long[] sampled =
                  checkpoint.names().contains(ClassifierFields.SAMPLE)
                      ? checkpoint.tensor(ClassifierFields.SAMPLE).shape()
                      : new long[0];
              long rows = sampled.length == 0 ? 1 : sampled[0];
              all.put(ClassifierFields.SAMPLE, new long[] {rows, config.embeddingSize()});
              return all;
            });
    try {
      return new LabelModel(
          config,
          shapes.keySet().stream().map(tensors::get).toList(),
          Objects.requireNonNull(tensors.get(ClassifierFields.SAMPLE)),
          List.of(),
          List.of());
    } catch (IllegalArgumentException e) {
      throw unusable(directory, e);
    }
  }

  private static ModelFormatException unusable(
      ModelDirectory directory, IllegalArgumentException e) {
    return new ModelFormatException(
        "Cannot read classifier %s/%s: %s".formatted(directory.name(), PARAMETERS, e.getMessage()),
        e);
  }

  private static SpanClassifier spanClassifier(ModelDirectory directory, ClassifierConfig config)
      throws IOException {
    Map<String, FloatTensor> tensors =
        tensors(
            directory,
            checkpoint ->
                shapes(config, checkpoint.names().contains(ClassifierFields.PROMPT_WEIGHT)));
    Function<String, float[]> values =
        name -> tensors.containsKey(name) ? tensors.get(name).values() : new float[0];
    try {
      return new SpanClassifier(
          config,
          values.apply(ClassifierFields.INPUT_WEIGHT),
          values.apply(ClassifierFields.INPUT_BIAS),
          values.apply(ClassifierFields.HIDDEN_WEIGHT),
          values.apply(ClassifierFields.HIDDEN_BIAS),
          values.apply(ClassifierFields.CLASS_VECTORS),
          values.apply(ClassifierFields.PROMPT_WEIGHT),
          values.apply(ClassifierFields.PROMPT_BIAS));
    } catch (IllegalArgumentException e) {
      throw unusable(directory, e);
    }
  }

  /** Says which tensors a file must have, and of which shapes. */
  @FunctionalInterface
  private interface Expected {
    Map<String, long[]> shapes(Checkpoint checkpoint) throws IOException;
  }

  /** The tensors of a classifier, and no others. */
  private static Map<String, FloatTensor> tensors(ModelDirectory directory, Expected expected)
      throws IOException {
    if (!directory.exists(PARAMETERS)) {
      throw new ModelFormatException(
          "Cannot read classifier %s/%s: the file is missing, and the parameters should be in it"
              .formatted(directory.name(), PARAMETERS));
    }
    String where = directory.name() + "/" + PARAMETERS;
    try (Checkpoint checkpoint = Checkpoint.open(directory, PARAMETERS)) {
      Map<String, long[]> shapes = expected.shapes(checkpoint);
      for (String name : checkpoint.names()) {
        if (!shapes.containsKey(name)) {
          throw refused(where, name, "is not part of such a classifier");
        }
      }
      Map<String, FloatTensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
        float[] values = values(checkpoint, where, tensor.getKey(), tensor.getValue());
        tensors.put(tensor.getKey(), new FloatTensor(tensor.getValue(), values));
      }
      return tensors;
    }
  }

  private static SettingsFields settings(ModelDirectory directory) throws IOException {
    if (!directory.exists(SETTINGS)) {
      throw new ModelFormatException(
          "Cannot read classifier %s: there is no %s; name a directory that train-classifier wrote"
              .formatted(directory.name(), SETTINGS));
    }
    SettingsFields settings =
        new SettingsFields(directory.name() + "/" + SETTINGS, StrictJson.read(directory, SETTINGS));
    String format = settings.text(ClassifierFields.FORMAT);
    if (!format.equals(SPAN_CLASSIFIER) && !format.equals(LABEL_MODEL)) {
      throw settings.wrong(
          ClassifierFields.FORMAT, "\"%s\" or \"%s\"".formatted(SPAN_CLASSIFIER, LABEL_MODEL));
    }
    if (settings.integer(ClassifierFields.VERSION) != VERSION) {
      throw settings.wrong(ClassifierFields.VERSION, VERSION + ", the one that this version reads");
    }
    return settings;
  }

  private static boolean isLabelModel(SettingsFields settings) throws ModelFormatException {
    return settings.text(ClassifierFields.FORMAT).equals(LABEL_MODEL);
  }

  private static LabelModelConfig labelModelConfig(SettingsFields fields)
      throws ModelFormatException {
    try {
      return new LabelModelConfig(
          fields.text(ClassifierFields.LLM_NAME),
          fields.integer(ClassifierFields.LAYER),
          fields.integer(ClassifierFields.HIDDEN_SIZE),
          fields.integer(ClassifierFields.MENTION_SIZE),
          fields.integer(ClassifierFields.LABEL_SIZE),
          fields.integer(ClassifierFields.EMBEDDING_SIZE),
          fields.text(ClassifierFields.PROMPT),
          fields.number(ClassifierFields.PRIOR_EXPONENT),
          fields.number(ClassifierFields.LABEL_THRESHOLD),
          new Calibration(
              fields.number(ClassifierFields.CALIBRATION_SCALE),
              fields.number(ClassifierFields.CALIBRATION_OFFSET)));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          "Cannot read classifier %s: %s".formatted(fields.where(), e.getMessage()), e);
    }
  }

  private static ClassifierConfig spanClassifierConfig(SettingsFields fields)
      throws ModelFormatException {
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
          String.format(
              Locale.ROOT,
              "has %d values, and at most %d are read",
              tensor.elements(),
              MAX_ELEMENTS));
    }
    return checkpoint.floats(tensor);
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
  public static void write(MentionClassifier classifier, Path directory) throws IOException {
    Files.createDirectories(directory);
    Map<String, FloatTensor> tensors;
    ObjectNode settings;
    if (classifier instanceof LabelModel model) {
      tensors = tensors(model);
      settings = settings(model.config());
    } else {
      SpanClassifier spans = (SpanClassifier) classifier;
      tensors = tensors(spans);
      settings = settings(spans.config());
    }
    AtomicFile.write(directory.resolve(PARAMETERS), out -> SafetensorsWriter.write(tensors, out));
    AtomicFile.write(
        directory.resolve(SETTINGS),
        out -> out.write(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings)));
  }

  private static Map<String, FloatTensor> tensors(LabelModel model) {
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    int i = 0;
    for (String name : LabelModel.shapes(model.config()).keySet()) {
      tensors.put(name, model.parameters().get(i++));
    }
    tensors.put(ClassifierFields.SAMPLE, model.sample());
    return tensors;
  }

  private static ObjectNode settings(LabelModelConfig config) {
    return MAPPER
        .createObjectNode()
        .put(ClassifierFields.FORMAT, LABEL_MODEL)
        .put(ClassifierFields.VERSION, VERSION)
        .put(ClassifierFields.LLM_NAME, config.llmName())
        .put(ClassifierFields.LAYER, config.layer())
        .put(ClassifierFields.HIDDEN_SIZE, config.hiddenSize())
        .put(ClassifierFields.MENTION_SIZE, config.mentionSize())
        .put(ClassifierFields.LABEL_SIZE, config.labelSize())
        .put(ClassifierFields.EMBEDDING_SIZE, config.embeddingSize())
        .put(ClassifierFields.PROMPT, config.prompt())
        .put(ClassifierFields.PRIOR_EXPONENT, config.priorExponent())
        .put(ClassifierFields.LABEL_THRESHOLD, config.threshold())
        .put(ClassifierFields.CALIBRATION_SCALE, config.calibration().scale())
        .put(ClassifierFields.CALIBRATION_OFFSET, config.calibration().offset());
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
        .forEach(
            (name, shape) ->
                tensors.put(
                    name, new FloatTensor(shape, Objects.requireNonNull(values.get(name)))));
    return tensors;
  }

  private static ObjectNode settings(ClassifierConfig config) {
    ObjectNode settings =
        MAPPER
            .createObjectNode()
            .put(ClassifierFields.FORMAT, SPAN_CLASSIFIER)
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
}
