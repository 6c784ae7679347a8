package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The part of a GGUF file before the data: metadata, and names, types, shapes and places of
 * tensors.
 *
 * <p>Everything is read in passing; nothing is allocated by a length that the file merely claims.
 * Of arrays only those of the vocabulary are kept, and these only where they are asked for.
 *
 * @param bytes where the data begin
 * @param metadata the values by key: {@link Long}, {@link Double}, {@link Boolean}, {@link String},
 *     {@link Strings}, {@code float[]}, {@code int[]}, or {@link Skipped} for an array that was not
 *     kept
 * @param tensors the tensors by name, in the order of the file
 */
record GgufHeader(long bytes, Map<String, Object> metadata, Map<String, GgufTensor> tensors) {

  /** The letters GGUF. */
  static final int MAGIC = 0x46554747;

  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String MERGES = "tokenizer.ggml.merges";
  static final String SCORES = "tokenizer.ggml.scores";
  static final String TYPES = "tokenizer.ggml.token_type";

  /**
   * An array of strings that was kept.
   *
   * @param values the strings
   */
  record Strings(List<String> values) {}

  /**
   * An array that was passed over.
   *
   * @param length its number of elements
   */
  record Skipped(long length) {}

  /**
   * Reads and checks everything before the data.
   *
   * @param where the file as messages should name it
   * @param source the file
   * @param vocabulary whether to keep the arrays of the vocabulary
   * @throws ModelFormatException if it is not a GGUF file that can be read
   * @throws IOException if reading fails
   */
  static GgufHeader read(String where, RandomAccessSource source, boolean vocabulary)
      throws IOException {
    return new GgufHeaderReader(new GgufInput(where, source), vocabulary).header();
  }

  /** Returns whether a file that begins with some bytes is in this format. */
  static boolean isMagic(byte[] bytes) {
    return bytes.length == Integer.BYTES
        && ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "GgufHeader[%d entries, %d tensors, data at %d]",
        metadata.size(),
        tensors.size(),
        bytes);
  }
}
