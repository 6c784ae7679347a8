package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorShape;
import io.github.tommerspark.source.LocalDirectory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Writes backbones of a given shape with random weights, for measuring time and memory without
 * anybody's weights. Their hidden states mean nothing.
 */
public final class RandomSnapshot {
  static final String WEIGHTS = "model.safetensors";
  private static final int BLOCK = 1 << 16;

  /** As wide as weights are before training. */
  static final float SPREAD = 0.02f;

  private RandomSnapshot() {}

  /**
   * Writes config.json and the weights of all blocks up to one; no tokenizer. The same arguments
   * give the same bytes.
   *
   * @param config content of a config.json
   * @param lastLayer index of the last block, from 0
   * @param dtype how weights are stored: F32 or BF16
   * @param directory to write to; made if need be
   * @return width of the hidden states
   * @throws IOException if the config describes no supported backbone, has no such block, or the
   *     directory cannot be written
   */
  public static int write(byte[] config, int lastLayer, DType dtype, Path directory)
      throws IOException {
    Described described = described(config, lastLayer, dtype, directory);
    SplittableRandom random = new SplittableRandom(1);
    try (OutputStream out =
        new BufferedOutputStream(Files.newOutputStream(directory.resolve(WEIGHTS)), 1 << 20)) {
      SafetensorsWriter.writeHeader(described.shapes(), out);
      for (Map.Entry<String, TensorShape> tensor : described.shapes().entrySet()) {
        Weight.Kind kind = Objects.requireNonNull(described.kinds().get(tensor.getKey()));
        write(tensor.getKey(), tensor.getValue(), kind, random, out);
      }
    }
    return described.width();
  }

  /**
   * As {@link #write}, but with a hole in the file in place of the weights: they all read as zeros,
   * and take no room on file systems that know holes.
   */
  static int outline(byte[] config, int lastLayer, DType dtype, Path directory) throws IOException {
    Described described = described(config, lastLayer, dtype, directory);
    Path file = directory.resolve(WEIGHTS);
    try (OutputStream out = Files.newOutputStream(file)) {
      SafetensorsWriter.writeHeader(described.shapes(), out);
    }
    try (RandomAccessFile weights = new RandomAccessFile(file.toFile(), "rw")) {
      long content = described.shapes().values().stream().mapToLong(TensorShape::byteSize).sum();
      weights.setLength(weights.length() + content);
    }
    return described.width();
  }

  /** Tensors of a snapshot, and what they are for, by name. */
  private record Described(
      int width, Map<String, TensorShape> shapes, Map<String, Weight.Kind> kinds) {}

  /** Writes config.json and says what belongs beside it. */
  private static Described described(byte[] config, int lastLayer, DType dtype, Path directory)
      throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve(BackboneConfig.FILE), config);
    LocalDirectory snapshot = new LocalDirectory(directory);
    BackboneSpec spec = Families.read(BackboneConfig.read(snapshot));
    spec.requireLayer(lastLayer, snapshot.name());
    String prefix = spec.prefixes().get(0);
    Map<String, TensorShape> shapes = new LinkedHashMap<>();
    Map<String, Weight.Kind> kinds = new LinkedHashMap<>();
    for (Weight weight : spec.weights(lastLayer)) {
      if (weight.name() != null) {
        shapes.put(prefix + weight.name(), new TensorShape(dtype, weight.shape()));
        kinds.put(prefix + weight.name(), weight.kind());
      }
    }
    return new Described(spec.sizes().width(), shapes, kinds);
  }

  private static void write(
      String name, TensorShape tensor, Weight.Kind kind, SplittableRandom random, OutputStream out)
      throws IOException {
    boolean scale = kind == Weight.Kind.NORM && !name.endsWith("bias");
    ByteBuffer block = ByteBuffer.allocate(BLOCK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long left = tensor.elements();
    while (left > 0) {
      block.clear();
      int count = (int) Math.min(BLOCK, left);
      for (int i = 0; i < count; i++) {
        // Uniform, of the standard deviation SPREAD.
        float value = scale ? 1 : ((random.nextInt() >> 8) * (SPREAD * 1.7320508f / (1 << 23)));
        if (tensor.dtype() == DType.BF16) {
          block.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        } else {
          block.putFloat(value);
        }
      }
      out.write(block.array(), 0, block.position());
      left -= count;
    }
  }
}
