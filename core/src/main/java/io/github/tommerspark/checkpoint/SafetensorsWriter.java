package io.github.tommerspark.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes float32 tensors in the safetensors format. */
public final class SafetensorsWriter {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int ALIGNMENT = 8;
  private static final int BLOCK = 1 << 14;

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
    byte[] json = MAPPER.writeValueAsBytes(header(sorted));
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] header = Arrays.copyOf(json, padded);
    Arrays.fill(header, json.length, padded, (byte) ' ');
    out.write(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).array());
    out.write(header);
    for (FloatTensor tensor : sorted.values()) {
      writeValues(tensor.values(), out);
    }
  }

  private static ObjectNode header(SortedMap<String, FloatTensor> tensors) {
    ObjectNode header = MAPPER.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long begin = 0;
    for (Map.Entry<String, FloatTensor> entry : tensors.entrySet()) {
      FloatTensor tensor = entry.getValue();
      ObjectNode info = header.putObject(entry.getKey()).put("dtype", DType.F32.name());
      ArrayNode shape = info.putArray("shape");
      for (long dimension : tensor.shape()) {
        shape.add(dimension);
      }
      long end = begin + (long) tensor.values().length * Float.BYTES;
      info.putArray("data_offsets").add(begin).add(end);
      begin = end;
    }
    return header;
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
