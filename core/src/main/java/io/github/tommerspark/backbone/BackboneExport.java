package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.BackbonePlan.Resolved;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.checkpoint.TensorShape;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.engine.Torch;
import io.github.tommerspark.source.LocalDirectory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A truncated backbone as files that a program with libtorch alone can run: archives of its
 * TorchScript, one for each way in which a GPU may attend, and its weights.
 */
public final class BackboneExport {
  /** Reference hidden states in a snapshot's folder. */
  public static final String HIDDEN = "hidden.safetensors";

  private static final String TENSORS = "tensors.gz";
  private static final int MAX_CONFIG_BYTES = 1 << 20;

  private final BackbonePlan plan;
  private final ObjectNode entry;
  private final Path directory;
  private final ExportedTensors tensors = new ExportedTensors();

  /**
   * Begins an export.
   *
   * @param plan what to export
   * @param directory that receives the files; made if need be
   * @param kind what the entry is, as the reader of the files tells them apart
   * @throws IOException if the directory cannot be made
   */
  public BackboneExport(BackbonePlan plan, Path directory, String kind) throws IOException {
    this.plan = plan;
    this.directory = Files.createDirectories(directory);
    this.entry = JsonNodeFactory.instance.objectNode();
    entry.put("name", directory.getFileName().toString());
    entry.put("kind", kind);
    entry.put("family", plan.family());
    entry.put("layer", plan.lastLayer());
    entry.put("width", plan.hiddenSize());
    entry.put("vocabulary", plan.vocabularySize());
    entry.put("causal", plan.causal());
    Heads heads = plan.spec().forward().attention().heads();
    entry.put("heads", heads.queries());
    entry.put("kv_heads", heads.keys());
    entry.put("head_dim", heads.width());
    entry.set("config", BackboneConfig.read(plan.directory()).json());
    entry.put("parameters", plan.parameters());
    entry.put("product_flops", plan.productFlops());
    ArrayNode products = entry.putArray("products");
    plan.lastBlockProducts().forEach(products::add);
  }

  /** The entry that describes the files, to be added to. */
  public ObjectNode entry() {
    return entry;
  }

  /** Tensors to be written beside the weights. */
  public ExportedTensors tensors() {
    return tensors;
  }

  /**
   * Writes the archives.
   *
   * @param sources further sources whose methods the module is to have
   * @throws IOException if they cannot be written
   */
  public void archives(List<String> sources) throws IOException {
    ObjectNode archives = entry.putObject("archives");
    Forward forward = plan.spec().forward();
    Attention attention = forward.attention();
    for (Torch.GpuAttention kernel : Torch.GpuAttention.values()) {
      if (!kernel.suits(attention.heads().width(), attention.softCap())) {
        continue;
      }
      String file = kernel.label() + ".pt";
      Files.write(
          directory.resolve(file),
          ScriptModule.archive(
              Backbone.sources(forward, kernel.sources(), sources), forward.attributes()));
      archives.put(kernel.label(), path(file));
    }
  }

  private String path(String file) {
    return directory.getFileName() + "/" + file;
  }

  /**
   * Describes weights that whoever runs the files makes at random, of the same spread as those of
   * {@link RandomSnapshot}.
   */
  public void randomWeights() {
    weights(
        (resolved, described) -> {
          Weight weight = resolved.weight();
          boolean scale =
              weight.kind() == Weight.Kind.NORM
                      && !Objects.requireNonNull(weight.name()).endsWith("bias")
                  || weight.kind() == Weight.Kind.NORM_OFFSET;
          described
              .putObject("random")
              .put("mean", scale ? 1 : 0)
              .put("std", RandomSnapshot.SPREAD);
        });
  }

  /**
   * Writes weights as they are stored.
   *
   * @param checkpoint the plan's weights
   * @param rows which rows of the table of tokens to write, ascending; null for all. The others are
   *     taken as zeros
   * @throws IOException if one cannot be read or written
   */
  public void storedWeights(Checkpoint checkpoint, int @Nullable [] rows) throws IOException {
    String table = plan.tokenEmbedding().name();
    for (TensorInfo tensor : plan.tensors()) {
      if (rows != null && tensor.name().equals(table)) {
        tensors.add("rows", rows);
        tensors.add(
            table, tensor.dtype(), rows(checkpoint, tensor, rows), rows.length, tensor.shape()[1]);
      } else {
        byte[] content = new byte[Math.toIntExact(tensor.byteSize())];
        checkpoint.raw(tensor).get(content);
        tensors.add(tensor.name(), tensor.dtype(), content, tensor.shape());
      }
    }
    weights(
        (resolved, described) -> {
          described.put("tensor", resolved.stored().name());
          if (rows != null && resolved.stored().name().equals(table)) {
            described.put("rows", "rows");
          }
        });
  }

  private static byte[] rows(Checkpoint checkpoint, TensorInfo tensor, int[] rows)
      throws IOException {
    int bytes = Math.toIntExact(tensor.byteSize() / tensor.shape()[0]);
    byte[] content = new byte[Math.multiplyExact(bytes, rows.length)];
    for (int i = 0; i < rows.length; i++) {
      checkpoint.raw(tensor, (long) bytes * rows[i], bytes).get(content, i * bytes, bytes);
    }
    return content;
  }

  /** The origin of a weight's elements. */
  @FunctionalInterface
  private interface Origin {
    void describe(Resolved resolved, ObjectNode described);
  }

  private void weights(Origin origin) {
    ArrayNode weights = entry.putArray("weights");
    for (Resolved resolved : plan.weights()) {
      Weight weight = resolved.weight();
      ObjectNode described =
          weights.addObject().put("kind", weight.kind().name().toLowerCase(Locale.ROOT));
      ArrayNode shape = described.putArray("shape");
      for (long size : weight.shape()) {
        shape.add(size);
      }
      if (weight.values() != null) {
        String name = "table." + weights.size();
        tensors.add(name, weight.values(), weight.values().length);
        described.put("tensor", name);
      } else if (weight.name() != null) {
        origin.describe(resolved, described);
      }
    }
  }

  /**
   * Writes the weights and what was added to them.
   *
   * @return the entry
   * @throws IOException if the file cannot be written
   */
  public ObjectNode finish() throws IOException {
    tensors.write(directory.resolve(TENSORS));
    entry.put("tensors", path(TENSORS));
    return entry;
  }

  /**
   * Exports a snapshot that brings reference hidden states: {@code hidden.safetensors} with, for
   * batches a, b and c, token ids, attention masks and the output of every block.
   *
   * @param snapshot the snapshot
   * @param directory that receives the files
   * @return the entry that describes them
   * @throws IOException if a file cannot be read or written
   */
  public static ObjectNode reference(Path snapshot, Path directory) throws IOException {
    LocalDirectory source = new LocalDirectory(snapshot);
    try (Checkpoint golden = Checkpoint.open(source, HIDDEN);
        Checkpoint checkpoint = Checkpoint.open(source)) {
      int layers =
          (int) golden.names().stream().filter(name -> name.startsWith("a.hidden.")).count();
      BackbonePlan plan = BackbonePlan.of(source, checkpoint, layers - 1);
      BackboneExport export = new BackboneExport(plan, directory, "reference");
      export.archives(List.of());
      export.storedWeights(checkpoint, null);
      List<Integer> ids = new ArrayList<>();
      List<Integer> lengths = new ArrayList<>();
      List<Float> states = new ArrayList<>();
      for (String batch : List.of("a", "b", "c")) {
        addBatch(golden, batch, layers - 1, ids, lengths, states);
      }
      float[] expected = new float[states.size()];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = states.get(i);
      }
      export.tensors.add("ids", ids.stream().mapToInt(Integer::intValue).toArray());
      export.tensors.add("lengths", lengths.stream().mapToInt(Integer::intValue).toArray());
      export.tensors.add("expected.hidden", expected, ids.size(), plan.hiddenSize());
      return export.finish();
    }
  }

  /**
   * The code that runs a snapshot and what it is told of its shape, for telling snapshots apart
   * that are computed differently.
   *
   * @throws IOException if its config.json cannot be read
   */
  public static String scriptOf(Path snapshot) throws IOException {
    Forward forward = Families.read(BackboneConfig.read(new LocalDirectory(snapshot))).forward();
    return forward.script().source() + forward.attributes();
  }

  /** Adds the sequences of a padded batch, without their padding. */
  private static void addBatch(
      Checkpoint golden,
      String batch,
      int layer,
      List<Integer> ids,
      List<Integer> lengths,
      List<Float> states)
      throws IOException {
    TensorInfo shape = golden.tensor(batch + ".input_ids");
    int padded = (int) shape.shape()[1];
    LongBuffer stored = golden.raw(shape).asLongBuffer();
    LongBuffer mask = golden.raw(golden.tensor(batch + ".attention_mask")).asLongBuffer();
    float[] hidden =
        golden.floats(golden.tensor(String.format(Locale.ROOT, "%s.hidden.%d", batch, layer)));
    int width = hidden.length / stored.limit();
    for (int row = 0; row < shape.shape()[0]; row++) {
      int length = 0;
      for (int at = row * padded; at < (row + 1) * padded; at++) {
        if (mask.get(at) == 1) {
          ids.add((int) stored.get(at));
          length++;
          for (int i = 0; i < width; i++) {
            states.add(hidden[at * width + i]);
          }
        }
      }
      lengths.add(length);
    }
  }

  /**
   * Writes a truncated snapshot with its weights rounded to bfloat16, for models whose weights
   * would be too much to carry: config.json and model.safetensors.
   *
   * @throws IOException if a file cannot be read or written
   */
  public static void round(BackbonePlan plan, Checkpoint checkpoint, Path directory)
      throws IOException {
    Files.createDirectories(directory);
    Files.write(
        directory.resolve(BackboneConfig.FILE),
        plan.directory().readAll(BackboneConfig.FILE, MAX_CONFIG_BYTES));
    Map<String, TensorShape> shapes = new LinkedHashMap<>();
    for (TensorInfo tensor : plan.tensors()) {
      shapes.put(tensor.name(), new TensorShape(DType.BF16, tensor.shape()));
    }
    try (OutputStream out =
        new BufferedOutputStream(
            Files.newOutputStream(directory.resolve(RandomSnapshot.WEIGHTS)))) {
      SafetensorsWriter.writeHeader(shapes, out);
      for (TensorInfo tensor : plan.tensors()) {
        float[] values = checkpoint.floats(tensor);
        ByteBuffer halves =
            ByteBuffer.allocate(Short.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
          int bits = Float.floatToRawIntBits(value);
          // To nearest, ties to even.
          halves.putShort((short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16));
        }
        out.write(halves.array());
      }
    }
  }

  /**
   * Writes what a shape's weights would be described by, without any content: config.json and a
   * model.safetensors with a hole behind its header. A plan can be made of it, but no weight read.
   *
   * @param config content of a config.json
   * @return width of the hidden states
   * @throws IOException if the config describes no supported backbone, has no such block, or the
   *     directory cannot be written
   */
  public static int outline(byte[] config, int lastLayer, Path directory) throws IOException {
    return RandomSnapshot.outline(config, lastLayer, DType.BF16, directory);
  }

  /** A backbone of which nothing but the script is loaded, to see how it would be called. */
  public static Backbone withoutWeights(BackbonePlan plan, List<String> sources) {
    return Backbone.withoutWeights(plan, sources);
  }
}
