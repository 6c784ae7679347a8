package io.github.tommerspark.head;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.AtomicFile;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Reads and writes the files of a head.
 *
 * <p>Three layouts are read:
 *
 * <ul>
 *   <li>the older one: {@code definition.json} and {@code parameters}, a state dict as torch.save
 *       writes it;
 *   <li>the newer one: {@code experimaestro.json} with a list of objects, and {@code
 *       model.safetensors};
 *   <li>a variant of the newer one: an object with the field {@code objects}, and the tensors in a
 *       folder.
 * </ul>
 *
 * <p>Written is the newer one, key for key. A {@link BoundaryHead} has no published layout; its
 * files are {@code boundary.json} and {@code model.safetensors}. What this project knows of a head
 * beyond its settings ({@link HeadAdditions}) is in {@code tommer.json} beside them.
 */
public final class HeadFiles {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The tensors of a published head in files, in the order of its parameters. */
  private static final List<String> PUBLISHED =
      List.of(
          HeadFields.QUERY_WEIGHT,
          HeadFields.KEY_WEIGHT,
          HeadFields.VALUE_WEIGHT,
          HeadFields.VALUE_BIAS,
          HeadFields.FEATURE_WEIGHTS);

  /** The largest hidden size that is believed. */
  private static final long MAX_HIDDEN_SIZE = 1 << 20;

  /** The largest product of hidden size and rank that is believed: 256 MiB of float32. */
  private static final long MAX_PROJECTION = 1 << 26;

  /** The largest number of probes of a boundary head that is believed. */
  private static final int MAX_INSIDE = 1 << 10;

  /** The largest window of a boundary head that is believed. */
  private static final int MAX_WINDOW = 1 << 10;

  private HeadFiles() {}

  /**
   * Reads a head in any of the layouts. Parameters stored as float16 or bfloat16 are converted to
   * float32, exactly.
   *
   * @param directory the directory of the head
   * @return the head
   * @throws ModelFormatException when a file is missing or malformed, a field is missing or out of
   *     range, a tensor is missing, unknown or of another shape than the settings ask for, or the
   *     pickle asks for anything that a state dict does not need
   * @throws IOException when a file cannot be read
   */
  public static Head read(ModelDirectory directory) throws IOException {
    HeadDefinition definition = HeadDefinition.read(directory);
    String file = definition.weightsFile();
    String where = directory.name() + "/" + file;
    if (!directory.exists(file)) {
      throw new ModelFormatException(
          "Cannot read head %s: the file is missing, and the parameters should be in it"
              .formatted(where));
    }
    try (HeadTensors tensors =
        file.endsWith(".safetensors")
            ? SafetensorsHead.open(directory, file)
            : StateDict.open(directory, file)) {
      return assemble(definition.config(), tensors, where);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("Cannot read head %s: %s".formatted(where, e.getMessage()), e);
    }
  }

  private static Head assemble(HeadConfig config, HeadTensors tensors, String where)
      throws IOException {
    List<String> expected = names(config.type());
    for (String name : expected) {
      if (!tensors.names().contains(name)) {
        throw refused(where, name, "is missing");
      }
    }
    for (String name : tensors.names()) {
      if (!expected.contains(name)) {
        throw refused(where, name, "is not part of a %s head".formatted(kind(config.type())));
      }
    }
    return switch (config.type()) {
      case PUBLISHED -> published(config, tensors, where);
      case BOUNDARY -> boundary(config, tensors, where);
    };
  }

  private static List<String> names(HeadType type) {
    return type == HeadType.PUBLISHED ? PUBLISHED : BoundaryHead.NAMES;
  }

  private static String kind(HeadType type) {
    return type == HeadType.PUBLISHED ? "ToMMeR" : type.label();
  }

  private static Head published(HeadConfig config, HeadTensors tensors, String where)
      throws IOException {
    long[] query = tensors.shape(HeadFields.QUERY_WEIGHT);
    long width = query.length == 2 ? query[0] : 0;
    if (width < 1 || width > MAX_HIDDEN_SIZE || width * config.rank() > MAX_PROJECTION) {
      throw refused(
          where,
          HeadFields.QUERY_WEIGHT,
          String.format(
              Locale.ROOT,
              "has shape %s, which is no projection of hidden states to rank %d",
              Arrays.toString(query),
              config.rank()));
    }
    return new PublishedHead(
        config,
        (int) width,
        values(tensors, where, HeadFields.QUERY_WEIGHT, width, config.rank()),
        values(tensors, where, HeadFields.KEY_WEIGHT, width, config.rank()),
        values(tensors, where, HeadFields.VALUE_WEIGHT, 1, width),
        values(tensors, where, HeadFields.VALUE_BIAS, 1)[0],
        values(tensors, where, HeadFields.FEATURE_WEIGHTS, 1, PublishedHead.FEATURES, 1, 1));
  }

  private static Head boundary(HeadConfig config, HeadTensors tensors, String where)
      throws IOException {
    long[] token = matrix(tensors, where, "token.weight");
    long[] context = matrix(tensors, where, "context.weight");
    if (context[0] % BoundaryHead.CONTEXT != 0 || context[0] * config.rank() > MAX_PROJECTION) {
      throw refused(
          where,
          "context.weight",
          String.format(
              Locale.ROOT,
              "has shape %s, which makes no embeddings of tokens for rank %d",
              Arrays.toString(context),
              config.rank()));
    }
    String extremes = "inside.weight";
    long[] weights = tensors.shape(extremes);
    long inside = weights.length == 2 ? weights[1] : 0;
    if (inside < 1 || inside > MAX_INSIDE || config.slidingWindow() > MAX_WINDOW) {
      throw refused(
          where,
          extremes,
          String.format(
              Locale.ROOT,
              "has shape %s with field \"%s\" %d; at most %d probes and a window of %d are read",
              Arrays.toString(weights),
              HeadFields.SLIDING_WINDOW,
              config.slidingWindow(),
              MAX_INSIDE,
              MAX_WINDOW));
    }
    List<long[]> shapes =
        BoundaryHead.shapes(config, token[1], token[0], context[0] / BoundaryHead.CONTEXT, inside);
    List<float[]> parameters = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      parameters.add(values(tensors, where, BoundaryHead.NAMES.get(i), shapes.get(i)));
    }
    return Head.of(config, (int) token[1], parameters);
  }

  /** The shape of a matrix of a boundary head, if it is one that is believed. */
  private static long[] matrix(HeadTensors tensors, String where, String name) throws IOException {
    long[] shape = tensors.shape(name);
    if (shape.length != 2
        || shape[0] < 1
        || shape[1] < 1
        || shape[0] > MAX_HIDDEN_SIZE
        || shape[1] > MAX_HIDDEN_SIZE
        || shape[0] * shape[1] > MAX_PROJECTION) {
      throw refused(
          where, name, "has shape %s, which is no projection".formatted(Arrays.toString(shape)));
    }
    return shape;
  }

  private static float[] values(HeadTensors tensors, String where, String name, long... expected)
      throws IOException {
    long[] shape = tensors.shape(name);
    if (!Arrays.equals(shape, expected)) {
      throw refused(
          where,
          name,
          "has shape %s, and the other tensors and field \"%s\" ask for %s"
              .formatted(Arrays.toString(shape), HeadFields.RANK, Arrays.toString(expected)));
    }
    return tensors.values(name);
  }

  private static ModelFormatException refused(String where, String tensor, String reason) {
    return new ModelFormatException(
        "Cannot read head %s: tensor %s %s".formatted(where, Quoted.of(tensor), reason));
  }

  /**
   * Writes a head in the newer layout, replacing one that is there. Each file appears whole or not
   * at all, the settings last. The same head gives the same bytes.
   *
   * @param head the head
   * @param directory the directory to write to; made if need be
   * @throws IOException when writing fails
   */
  public static void write(Head head, Path directory) throws IOException {
    Files.createDirectories(directory);
    AtomicFile.write(
        directory.resolve(HeadDefinition.SAFETENSORS),
        out -> SafetensorsWriter.write(tensors(head), out));
    ObjectNode additions = additions(head.config());
    Path file = directory.resolve(HeadDefinition.ADDITIONS);
    if (additions.isEmpty()) {
      Files.deleteIfExists(file);
    } else {
      AtomicFile.write(file, out -> out.write(MAPPER.writeValueAsBytes(additions)));
    }
    // One definition at a time: a reader must not find that of a head that was replaced.
    boolean published = head.config().type() == HeadType.PUBLISHED;
    Files.deleteIfExists(
        directory.resolve(published ? HeadDefinition.BOUNDARY : HeadDefinition.NEWER));
    AtomicFile.write(
        directory.resolve(published ? HeadDefinition.NEWER : HeadDefinition.BOUNDARY),
        out ->
            out.write(
                MAPPER.writeValueAsBytes(
                    published ? definition(head.config()) : boundary(head.config()))));
  }

  private static Map<String, FloatTensor> tensors(Head head) {
    List<String> names = names(head.config().type());
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      FloatTensor tensor = head.parameters().get(i);
      tensors.put(
          names.get(i),
          names.get(i).equals(HeadFields.FEATURE_WEIGHTS)
              ? new FloatTensor(new long[] {1, PublishedHead.FEATURES, 1, 1}, tensor.values())
              : tensor);
    }
    return tensors;
  }

  private static ObjectNode boundary(HeadConfig config) {
    return MAPPER
        .createObjectNode()
        .put(HeadFields.FORMAT, HeadDefinition.BOUNDARY_FORMAT)
        .put(HeadFields.VERSION, HeadDefinition.BOUNDARY_VERSION)
        .put(HeadFields.LLM_NAME, config.llmName())
        .put(HeadFields.LAYER, config.layer())
        .put(HeadFields.RANK, config.rank())
        .put(HeadFields.SLIDING_WINDOW, config.slidingWindow());
  }

  private static ObjectNode additions(HeadConfig config) {
    HeadAdditions additions = config.additions();
    HeadThresholds thresholds = additions.thresholds();
    ObjectNode fields = MAPPER.createObjectNode();
    if (additions.bosAlways()) {
      fields.put(HeadFields.BOS, "always");
    }
    if (additions.wordBoundaries()) {
      fields.put(HeadFields.WORD_BOUNDARIES, true);
    }
    put(fields, HeadFields.RECOMMENDED_THRESHOLD, thresholds.recommended());
    put(fields, HeadFields.RECALL_THRESHOLD, thresholds.recall());
    put(fields, HeadFields.PRECISION_THRESHOLD, thresholds.precision());
    if (!additions.calibration().equals(Calibration.NONE)) {
      fields.put(HeadFields.CALIBRATION_SCALE, additions.calibration().scale());
      fields.put(HeadFields.CALIBRATION_OFFSET, additions.calibration().offset());
    }
    return fields;
  }

  private static void put(ObjectNode fields, String field, OptionalDouble value) {
    value.ifPresent(number -> fields.put(field, number));
  }

  /** The settings and the loader, as upstream's library serializes them. */
  private static ArrayNode definition(HeadConfig config) {
    ArrayNode objects = MAPPER.createArrayNode();
    ObjectNode fields = object(objects, 1, "llm2ner.models.tommer", "ToMMeR", "0");
    fields
        .put(HeadFields.LLM_NAME, config.llmName())
        .put(HeadFields.LAYER, config.layer())
        .put(HeadFields.RANK, config.rank())
        .put(HeadFields.CAUSAL_MASK, config.causalMask())
        .put(HeadFields.SLIDING_WINDOW, config.slidingWindow())
        .put(HeadFields.USE_COSINE, config.useCosine())
        .put(HeadFields.NORMALIZE_SCORES, config.normalizeScores().key());
    ObjectNode loader = object(objects, 2, "xpm_torch.module", "ModuleLoader", "1");
    loader.putObject("model").put("type", "python").put("value", 1);
    loader
        .putObject("path")
        .put("type", "path.serialized")
        .put("value", HeadDefinition.SAFETENSORS)
        .put("is_folder", false);
    ((ObjectNode) objects.get(1)).put("path", HeadDefinition.SAFETENSORS);
    return objects;
  }

  /**
   * Adds an object and returns its fields. The library derives identifiers from its own record of
   * an experiment, which a head trained elsewhere does not have: constants stand in for them.
   */
  private static ObjectNode object(
      ArrayNode objects, int id, String module, String type, String identifierDigit) {
    return objects
        .addObject()
        .put("id", id)
        .put("module", module)
        .put("type", type)
        .put("typename", module + "." + type)
        .put("identifier", identifierDigit.repeat(64))
        .putObject("fields");
  }
}
