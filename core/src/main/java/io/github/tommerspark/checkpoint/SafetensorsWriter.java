package io.github.tommerspark.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes tensors in the safetensors format. */
public final class SafetensorsWriter {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int ALIGNMENT = 8;
  private static final int BLOCK = 1 << 14;

  /** Few requests to a remote store, each of some seconds at most. */
  private static final int COPY_BYTES = 8 << 20;

  private SafetensorsWriter() {}

  /**
   * Writes a whole file: tensors in the order of their names, a header padded with spaces to a
   * multiple of 8 bytes, and the metadata {@code {"format": "pt"}} that transformers asks for. The
   * same tensors give the same bytes.
   *
   * @param tensors the tensors by name
   * @param out receives the file; neither flushed nor closed
   * @throws IOException when writing fails
   */
  public static void write(Map<String, FloatTensor> tensors, OutputStream out) throws IOException {
    SortedMap<String, FloatTensor> sorted = new TreeMap<>(tensors);
    writeHeader(header(sorted), out);
    for (FloatTensor tensor : sorted.values()) {
      writeValues(tensor.values(), out);
    }
  }

  /**
   * Copies tensors of a checkpoint, as they are stored, into one file that has no others. Those of
   * wide types come first, so that all of them lie at multiples of their element size.
   *
   * @param checkpoint where they are, in one file or in shards
   * @param tensors which to copy
   * @param out receives the file; neither flushed nor closed
   * @throws IOException when reading or writing fails
   */
  public static void copy(Checkpoint checkpoint, Collection<TensorInfo> tensors, OutputStream out)
      throws IOException {
    List<TensorInfo> sorted =
        tensors.stream()
            .sorted(
                Comparator.comparingLong((TensorInfo tensor) -> -tensor.dtype().bits())
                    .thenComparing(TensorInfo::name))
            .toList();
    ObjectNode header = emptyHeader();
    long begin = 0;
    for (TensorInfo tensor : sorted) {
      describe(header, tensor.name(), tensor.dtype(), tensor.shape(), begin, tensor.byteSize());
      begin += tensor.byteSize();
    }
    writeHeader(header, out);
    byte[] block = new byte[COPY_BYTES];
    for (TensorInfo tensor : sorted) {
      for (long at = 0; at < tensor.byteSize(); at += block.length) {
        int count = (int) Math.min(block.length, tensor.byteSize() - at);
        checkpoint.raw(tensor, at, count).get(block, 0, count);
        out.write(block, 0, count);
      }
    }
  }

  /**
   * Writes the header of a file whose tensors the caller writes after it, one after the other
   * without gaps, in the order of the map.
   *
   * @param tensors the tensors by name
   * @param out receives the header; neither flushed nor closed
   * @throws IOException when writing fails
   */
  public static void writeHeader(Map<String, TensorShape> tensors, OutputStream out)
      throws IOException {
    ObjectNode header = emptyHeader();
    long begin = 0;
    for (Map.Entry<String, TensorShape> entry : tensors.entrySet()) {
      TensorShape tensor = entry.getValue();
      long bytes = tensor.byteSize();
      describe(header, entry.getKey(), tensor.dtype(), tensor.shape(), begin, bytes);
      begin += bytes;
    }
    writeHeader(header, out);
  }

  private static void writeHeader(ObjectNode header, OutputStream out) throws IOException {
    byte[] json = MAPPER.writeValueAsBytes(header);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] bytes = Arrays.copyOf(json, padded);
    Arrays.fill(bytes, json.length, padded, (byte) ' ');
    out.write(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).array());
    out.write(bytes);
  }

  private static ObjectNode header(SortedMap<String, FloatTensor> tensors) {
    ObjectNode header = emptyHeader();
    long begin = 0;
    for (Map.Entry<String, FloatTensor> entry : tensors.entrySet()) {
      FloatTensor tensor = entry.getValue();
      long bytes = (long) tensor.values().length * Float.BYTES;
      describe(header, entry.getKey(), DType.F32, tensor.shape(), begin, bytes);
      begin += bytes;
    }
    return header;
  }

  private static ObjectNode emptyHeader() {
    ObjectNode header = MAPPER.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    return header;
  }

  private static void describe(
      ObjectNode header, String name, DType dtype, long[] shape, long begin, long bytes) {
    ObjectNode info = header.putObject(name).put("dtype", dtype.name());
    ArrayNode dimensions = info.putArray("shape");
    for (long dimension : shape) {
      dimensions.add(dimension);
    }
    info.putArray("data_offsets").add(begin).add(begin + bytes);
  }

  private static void writeValues(float[] values, OutputStream out) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += BLOCK) {
      int count = Math.min(BLOCK, values.length - from);
      block.asFloatBuffer().put(values, from, count);
      out.write(block.array(), 0, count * Float.BYTES);
    }
  }
}
