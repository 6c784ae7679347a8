package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Numbers and strings of a GGUF file, little-endian, read one after the other through a buffer.
 * Each is told what it belongs to, for the message where the file ends inside.
 *
 * <p>Not thread-safe.
 */
final class GgufInput {

  /** Far above what stands before the data of any published model. */
  private static final long MAX_BYTES = 256L << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final RandomAccessSource source;
  private final String where;
  private final long end;
  private final ByteBuffer buffer;

  /** Position in the file behind the buffer. */
  private long next;

  /**
   * The file from its first byte on.
   *
   * @param where the file as messages should name it
   */
  GgufInput(String where, RandomAccessSource source) {
    this.where = where;
    this.source = source;
    this.end = source.size();
    this.buffer =
        ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, Math.max(Long.BYTES, end)))
            .order(ByteOrder.LITTLE_ENDIAN)
            .limit(0);
  }

  /** Length of the file in bytes. */
  long end() {
    return end;
  }

  /** The failure to read the file for a reason. */
  ModelFormatException refused(String reason) {
    return new ModelFormatException("Cannot read %s: %s".formatted(where, reason));
  }

  /** A string, of at most so many bytes, in UTF-8. */
  String string(String what, int maxBytes) throws IOException {
    int length = stringBytes(what, maxBytes);
    byte[] bytes = new byte[length];
    int have = 0;
    while (have < length) {
      int count = Math.min(length - have, BUFFER_BYTES / 2);
      need(count, what).get(bytes, have, count);
      have += count;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw refused(what + " is not valid UTF-8");
    }
  }

  /** The length of a string that comes next, in bytes. */
  int stringBytes(String what, int maxBytes) throws IOException {
    long length = int8(what);
    if (length < 0 || length > maxBytes) {
      throw refused(
          String.format(
              Locale.ROOT,
              "%s has a string of %s bytes, and at most %d are allowed",
              what,
              Long.toUnsignedString(length),
              maxBytes));
    }
    requireBytes(length, what);
    return (int) length;
  }

  /** A number of four bytes, signed. */
  int int4(String what) throws IOException {
    return need(4, what).getInt();
  }

  /** A number of four bytes, not signed. */
  long uint4(String what) throws IOException {
    return Integer.toUnsignedLong(int4(what));
  }

  /** A number of eight bytes, signed. */
  long int8(String what) throws IOException {
    return need(8, what).getLong();
  }

  /** Bytes that have been read or passed over. */
  long position() {
    return next - buffer.remaining();
  }

  private void requireBytes(long bytes, String what) throws ModelFormatException {
    if (bytes > end - position()) {
      throw refused("it ends inside %s; it was cut off".formatted(what));
    }
    if (position() + bytes > MAX_BYTES) {
      throw refused(
          String.format(
              Locale.ROOT,
              "its metadata take more than the %d MiB that are allowed",
              MAX_BYTES >> 20));
    }
  }

  /** Passes over bytes. */
  void skip(long bytes, String what) throws IOException {
    requireBytes(bytes, what);
    if (bytes <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) bytes);
    } else {
      next += bytes - buffer.remaining();
      buffer.limit(0);
    }
  }

  /** The buffer with at least so many bytes, few enough to fit. */
  ByteBuffer need(int bytes, String what) throws IOException {
    if (buffer.remaining() < bytes) {
      requireBytes(bytes, what);
      buffer.compact();
      buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + end - next));
      int before = buffer.position();
      source.read(next, buffer);
      next += buffer.position() - before;
      buffer.flip();
    }
    return buffer;
  }
}
