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
import java.util.Arrays;
import java.util.List;
import java.util.Map;

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
 * <p>Written is the newer one, key for key. What this project knows of a head beyond that, its
 * recommended threshold and its policy for the beginning-of-sequence token, is in {@code
 * tommer.json} beside it.
 */
public final class HeadFiles {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final List<String> TENSORS =
      List.of(
          HeadFields.QUERY_WEIGHT,
          HeadFields.KEY_WEIGHT,
          HeadFields.FEATURE_WEIGHTS,
          HeadFields.VALUE_WEIGHT,
          HeadFields.VALUE_BIAS);

  /** The largest hidden size that is believed. */
  private static final long MAX_HIDDEN_SIZE = 1 << 20;

  /** The largest product of hidden size and rank that is believed: 256 MiB of float32. */
  private static final long MAX_PROJECTION = 1 << 26;

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
    for (String name : TENSORS) {
      if (!tensors.names().contains(name)) {
        throw refused(where, name, "is missing");
      }
    }
    for (String name : tensors.names()) {
      if (!TENSORS.contains(name)) {
        throw refused(where, name, "is not part of a ToMMeR head");
      }
    }
    long[] query = tensors.shape(HeadFields.QUERY_WEIGHT);
    long width = query.length == 2 ? query[0] : 0;
    if (width < 1 || width > MAX_HIDDEN_SIZE || width * config.rank() > MAX_PROJECTION) {
      throw refused(
          where,
          HeadFields.QUERY_WEIGHT,
          "has shape %s, which is no projection of hidden states to rank %d"
              .formatted(Arrays.toString(query), config.rank()));
    }
    return new Head(
        config,
        (int) width,
        values(tensors, where, HeadFields.QUERY_WEIGHT, width, config.rank()),
        values(tensors, where, HeadFields.KEY_WEIGHT, width, config.rank()),
        values(tensors, where, HeadFields.VALUE_WEIGHT, 1, width),
        values(tensors, where, HeadFields.VALUE_BIAS, 1)[0],
        values(tensors, where, HeadFields.FEATURE_WEIGHTS, 1, Head.FEATURES, 1, 1));
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
    AtomicFile.write(
        directory.resolve(HeadDefinition.NEWER),
        out -> out.write(MAPPER.writeValueAsBytes(definition(head.config()))));
  }

  private static Map<String, FloatTensor> tensors(Head head) {
    long width = head.hiddenSize();
    long rank = head.config().rank();
    return Map.of(
        HeadFields.QUERY_WEIGHT,
        new FloatTensor(new long[] {width, rank}, head.queryWeight()),
        HeadFields.KEY_WEIGHT,
        new FloatTensor(new long[] {width, rank}, head.keyWeight()),
        HeadFields.FEATURE_WEIGHTS,
        new FloatTensor(new long[] {1, Head.FEATURES, 1, 1}, head.featureWeights()),
        HeadFields.VALUE_WEIGHT,
        new FloatTensor(new long[] {1, width}, head.valueWeight()),
        HeadFields.VALUE_BIAS,
        new FloatTensor(new long[] {1}, new float[] {head.valueBias()}));
  }

  private static ObjectNode additions(HeadConfig config) {
    ObjectNode fields = MAPPER.createObjectNode();
    if (config.bosAlways()) {
      fields.put(HeadFields.BOS, "always");
    }
    config
        .recommendedThreshold()
        .ifPresent(threshold -> fields.put(HeadFields.RECOMMENDED_THRESHOLD, threshold));
    return fields;
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
