package io.github.tommerspark.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files put together by hand, well formed or not. */
public final class SafetensorsBytes {

  private SafetensorsBytes() {}

  /**
   * A file of a header and data.
   *
   * @param json the header
   * @param data the data section
   * @return the bytes of the file
   */
  public static byte[] of(String json, byte... data) {
    return withLength(json.getBytes(StandardCharsets.UTF_8).length, json, data);
  }

  /**
   * A file whose prefix claims some length of the header.
   *
   * @param length the length to claim
   * @param json the header
   * @param data the data section
   * @return the bytes of the file
   */
  public static byte[] withLength(long length, String json, byte... data) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header)
        .put(data)
        .array();
  }

  /**
   * Writes {@code model.safetensors}.
   *
   * @param directory an existing directory
   * @param bytes the bytes of the file
   * @throws IOException when writing fails
   */
  public static void write(Path directory, byte[] bytes) throws IOException {
    Files.write(directory.resolve("model.safetensors"), bytes);
  }
}
