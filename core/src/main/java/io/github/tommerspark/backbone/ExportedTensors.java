package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorShape;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;

/**
 * Tensors on their way into a file that is carried elsewhere: safetensors, with the bytes of a
 * tensor's elements in planes (all lowest bytes first, then all second ones), and then gzipped.
 * Planes of exponents are what can be compressed in weights.
 */
public final class ExportedTensors {
  private final Map<String, TensorShape> shapes = new LinkedHashMap<>();
  private final Map<String, byte[]> contents = new LinkedHashMap<>();

  /**
   * Adds a tensor.
   *
   * @param content its elements, little-endian
   */
  public ExportedTensors add(String name, DType dtype, byte[] content, long... shape) {
    TensorShape tensor = new TensorShape(dtype, shape);
    if (tensor.byteSize() != content.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Tensor %s has %d bytes, but its shape needs %d",
              name,
              content.length,
              tensor.byteSize()));
    }
    shapes.put(name, tensor);
    contents.put(name, content);
    return this;
  }

  /** Adds a float32 tensor. */
  public ExportedTensors add(String name, float[] values, long... shape) {
    ByteBuffer bytes = buffer(values.length);
    bytes.asFloatBuffer().put(values);
    return add(name, DType.F32, bytes.array(), shape);
  }

  /** Adds an int32 tensor of one dimension. */
  public ExportedTensors add(String name, int[] values) {
    ByteBuffer bytes = buffer(values.length);
    bytes.asIntBuffer().put(values);
    return add(name, DType.I32, bytes.array(), values.length);
  }

  private static ByteBuffer buffer(int values) {
    return ByteBuffer.allocate(Integer.BYTES * values).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Writes the file.
   *
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    try (OutputStream out =
        new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), 1 << 16)) {
      SafetensorsWriter.writeHeader(shapes, out);
      for (Map.Entry<String, byte[]> tensor : contents.entrySet()) {
        int bytes = Objects.requireNonNull(shapes.get(tensor.getKey())).dtype().bits() / Byte.SIZE;
        out.write(planes(tensor.getValue(), bytes));
      }
    }
  }

  private static byte[] planes(byte[] content, int elementBytes) {
    byte[] planes = new byte[content.length];
    int elements = content.length / elementBytes;
    for (int i = 0; i < elements; i++) {
      for (int plane = 0; plane < elementBytes; plane++) {
        planes[plane * elements + i] = content[i * elementBytes + plane];
      }
    }
    return planes;
  }
}
