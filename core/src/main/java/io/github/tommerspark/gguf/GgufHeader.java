package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String MERGES = "tokenizer.ggml.merges";
  static final String SCORES = "tokenizer.ggml.scores";
  static final String TYPES = "tokenizer.ggml.token_type";

  private static final Set<String> VOCABULARY = Set.of(TOKENS, MERGES, SCORES, TYPES);
  private static final int MAGIC = 0x46554747;
  private static final List<Long> VERSIONS = List.of(2L, 3L);

  // All far above any published model.
  private static final long MAX_BYTES = 256L << 20;
  private static final int MAX_ENTRIES = 1 << 16;
  private static final int MAX_NAME_BYTES = 1 << 10;
  private static final int MAX_STRING_BYTES = 16 << 20;
  private static final int MAX_KEPT_ELEMENTS = 1 << 21;
  private static final int MAX_DIMENSIONS = 4;
  private static final long MAX_ELEMENTS = 1L << 40;
  private static final int MAX_ALIGNMENT = 1 << 20;
  private static final int DEFAULT_ALIGNMENT = 32;

  // Types of values.
  private static final int UINT8 = 0;
  private static final int INT8 = 1;
  private static final int UINT16 = 2;
  private static final int INT16 = 3;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int UINT64 = 10;
  private static final int INT64 = 11;
  private static final int FLOAT64 = 12;

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
    return new Reader(where, source, vocabulary).header();
  }

  /** Returns whether a file that begins with some bytes is in this format. */
  static boolean isMagic(byte[] bytes) {
    return bytes.length == Integer.BYTES
        && ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
  }

  /** One pass over a file. */
  private static final class Reader {

    private static final int BUFFER_BYTES = 1 << 16;

    private final RandomAccessSource source;
    private final String where;
    private final boolean vocabulary;
    private final long end;
    private final ByteBuffer buffer;

    /** Position in the file behind the buffer. */
    private long next;

    Reader(String where, RandomAccessSource source, boolean vocabulary) {
      this.source = source;
      this.where = where;
      this.vocabulary = vocabulary;
      this.end = source.size();
      this.buffer =
          ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, Math.max(Long.BYTES, end)))
              .order(ByteOrder.LITTLE_ENDIAN)
              .limit(0);
    }

    GgufHeader header() throws IOException {
      if (end < Integer.BYTES || int4("its first bytes") != MAGIC) {
        throw refused("it does not begin with the letters GGUF");
      }
      long version = uint4("its version");
      if (!VERSIONS.contains(version)) {
        throw refused(
            VERSIONS.contains(Integer.toUnsignedLong(Integer.reverseBytes((int) version)))
                ? "it is for big-endian machines; only little-endian files are read"
                : String.format(
                    Locale.ROOT,
                    "it has version %d of the format; supported: 2, 3; convert the model again with a current llama.cpp",
                    version));
      }
      // 13 bytes is the shortest entry, 24 + 8 the shortest tensor.
      long tensorCount = count("tensors", 32);
      long entries = count("entries of metadata", 13);
      Map<String, Object> metadata = new LinkedHashMap<>();
      for (long i = 0; i < entries; i++) {
        String key = string("the key of an entry", MAX_NAME_BYTES);
        String what = "entry " + Quoted.of(key);
        if (metadata.put(key, value(key, what)) != null) {
          throw refused(what + " occurs twice");
        }
      }
      List<Listed> listed = new ArrayList<>();
      for (long i = 0; i < tensorCount; i++) {
        listed.add(listed());
      }
      long begin = aligned(position(), alignment(metadata));
      return new GgufHeader(begin, metadata, placed(listed, begin, alignment(metadata)));
    }

    private record Listed(String name, GgufType type, long[] shape, long offset) {}

    private Listed listed() throws IOException {
      String name = string("the name of a tensor", MAX_NAME_BYTES);
      String what = "tensor " + Quoted.of(name);
      long dimensions = uint4(what);
      if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
        throw refused(
            String.format(
                Locale.ROOT,
                "%s has %d dimensions, and must have 1 to %d",
                what,
                dimensions,
                MAX_DIMENSIONS));
      }
      long[] shape = new long[(int) dimensions];
      long elements = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        shape[i] = int8(what);
        if (shape[i] < 1 || shape[i] > MAX_ELEMENTS / elements) {
          throw refused(
              "%s has the impossible dimension %s"
                  .formatted(what, Long.toUnsignedString(shape[i])));
        }
        elements *= shape[i];
      }
      long id = uint4(what);
      Optional<GgufType> type = GgufType.of(id);
      if (type.isEmpty()) {
        throw refused(
            "%s has type %s; supported: %s"
                .formatted(what, GgufType.name(id), String.join(", ", GgufType.names())));
      }
      if (shape[shape.length - 1] % type.get().blockElements() != 0) {
        throw refused(
            String.format(
                Locale.ROOT,
                "%s has rows of %d elements, which are no whole blocks of %s",
                what,
                shape[shape.length - 1],
                type.get()));
      }
      return new Listed(name, type.get(), shape, int8(what));
    }

    private Map<String, GgufTensor> placed(List<Listed> listed, long begin, int alignment)
        throws ModelFormatException {
      Map<String, GgufTensor> tensors = new LinkedHashMap<>();
      for (Listed one : listed) {
        String what = "tensor " + Quoted.of(one.name());
        if (one.offset() < 0 || one.offset() % alignment != 0) {
          throw refused(
              String.format(
                  Locale.ROOT,
                  "%s begins at byte %s of the data, which is no multiple of %d",
                  what,
                  Long.toUnsignedString(one.offset()),
                  alignment));
        }
        if (one.offset() > end - begin) {
          throw cutOff(what, one.offset(), begin);
        }
        GgufTensor tensor =
            new GgufTensor(one.name(), one.type(), one.shape(), begin + one.offset());
        if (tensor.byteSize() > end - tensor.begin()) {
          throw cutOff(what, one.offset() + tensor.byteSize(), begin);
        }
        if (tensors.put(one.name(), tensor) != null) {
          throw refused(what + " occurs twice");
        }
      }
      GgufTensor before = null;
      for (GgufTensor tensor :
          tensors.values().stream().sorted(Comparator.comparingLong(GgufTensor::begin)).toList()) {
        if (before != null && tensor.begin() < before.begin() + before.byteSize()) {
          throw refused(
              "tensor %s overlaps tensor %s"
                  .formatted(Quoted.of(tensor.name()), Quoted.of(before.name())));
        }
        before = tensor;
      }
      return tensors;
    }

    private ModelFormatException cutOff(String what, long offset, long begin) {
      return refused(
          String.format(
              Locale.ROOT,
              "%s ends at byte %d of the data, but the file has only %d; it was cut off",
              what,
              offset,
              Math.max(0, end - begin)));
    }

    private int alignment(Map<String, Object> metadata) throws ModelFormatException {
      Object value = metadata.getOrDefault("general.alignment", (long) DEFAULT_ALIGNMENT);
      if (!(value instanceof Long alignment)
          || alignment < 1
          || alignment > MAX_ALIGNMENT
          || Long.bitCount(alignment) != 1) {
        throw refused(
            String.format(
                Locale.ROOT,
                "entry \"general.alignment\" is %s, but must be a power of two up to %d",
                value instanceof String text ? Quoted.of(text) : value,
                MAX_ALIGNMENT));
      }
      return alignment.intValue();
    }

    private static long aligned(long position, int alignment) {
      return (position + alignment - 1) / alignment * alignment;
    }

    private Object value(String key, String what) throws IOException {
      int type = int4(what);
      return type == ARRAY ? array(key, what) : scalar(type, what);
    }

    private Object scalar(int type, String what) throws IOException {
      return switch (type) {
        case UINT8 -> (long) (need(1, what).get() & 0xff);
        case INT8 -> (long) need(1, what).get();
        case UINT16 -> (long) (need(2, what).getShort() & 0xffff);
        case INT16 -> (long) need(2, what).getShort();
        case UINT32 -> uint4(what);
        case INT32 -> (long) int4(what);
        case FLOAT32 -> decimal(need(4, what).getFloat());
        case BOOL -> {
          int value = need(1, what).get();
          if (value != 0 && value != 1) {
            throw refused(
                String.format(Locale.ROOT, "%s is %d, but must be a bool, 0 or 1", what, value));
          }
          yield value == 1;
        }
        case STRING -> string(what, MAX_STRING_BYTES);
        case UINT64 -> {
          long value = int8(what);
          if (value < 0) {
            throw refused("%s is %s, too large".formatted(what, Long.toUnsignedString(value)));
          }
          yield value;
        }
        case INT64 -> int8(what);
        case FLOAT64 -> need(8, what).getDouble();
        default ->
            throw refused(
                "%s has the unknown type %s".formatted(what, Integer.toUnsignedString(type)));
      };
    }

    /** The decimal that was meant: 1e-5 and not 9.99999974737875e-6. */
    private static double decimal(float value) {
      return Float.isFinite(value) ? Double.parseDouble(Float.toString(value)) : value;
    }

    private Object array(String key, String what) throws IOException {
      int type = int4(what);
      long length = int8(what);
      int least = leastBytes(type, what);
      if (length < 0 || length > (end - position()) / least) {
        throw refused(
            String.format(
                Locale.ROOT,
                "%s claims %s elements, but the file has only %d more bytes; it was cut off",
                what,
                Long.toUnsignedString(length),
                end - position()));
      }
      boolean keep = vocabulary && VOCABULARY.contains(key);
      if (keep && length > MAX_KEPT_ELEMENTS) {
        throw refused(
            String.format(
                Locale.ROOT,
                "%s has %d elements, and at most %d are allowed",
                what,
                length,
                MAX_KEPT_ELEMENTS));
      }
      if (type != STRING) {
        if (keep && type == FLOAT32) {
          float[] values = new float[(int) length];
          for (int i = 0; i < length; i++) {
            values[i] = need(4, what).getFloat();
          }
          return values;
        }
        if (keep && (type == INT32 || type == UINT32)) {
          int[] values = new int[(int) length];
          for (int i = 0; i < length; i++) {
            values[i] = int4(what);
          }
          return values;
        }
        skip(length * least, what);
        return new Skipped(length);
      }
      List<String> strings = new ArrayList<>();
      for (long i = 0; i < length; i++) {
        if (keep) {
          strings.add(string(what, MAX_STRING_BYTES));
        } else {
          skip(stringBytes(what, MAX_STRING_BYTES), what);
        }
      }
      return keep ? new Strings(strings) : new Skipped(length);
    }

    /** Bytes of an element; for strings, those of an empty one. */
    private int leastBytes(int type, String what) throws ModelFormatException {
      return switch (type) {
        case UINT8, INT8, BOOL -> 1;
        case UINT16, INT16 -> 2;
        case UINT32, INT32, FLOAT32 -> 4;
        case UINT64, INT64, FLOAT64, STRING -> 8;
        case ARRAY -> throw refused(what + " is an array of arrays, which is not supported");
        default ->
            throw refused(
                "%s has elements of the unknown type %s"
                    .formatted(what, Integer.toUnsignedString(type)));
      };
    }

    private String string(String what, int maxBytes) throws IOException {
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

    private int stringBytes(String what, int maxBytes) throws IOException {
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

    private long count(String what, int leastBytes) throws IOException {
      long count = int8("the number of " + what);
      if (count < 0 || count > MAX_ENTRIES || count > (end - position()) / leastBytes) {
        throw refused(
            String.format(
                Locale.ROOT,
                "it claims %s %s, more than its %d bytes can hold or than the %d that are allowed",
                Long.toUnsignedString(count),
                what,
                end,
                MAX_ENTRIES));
      }
      return count;
    }

    private int int4(String what) throws IOException {
      return need(4, what).getInt();
    }

    private long uint4(String what) throws IOException {
      return Integer.toUnsignedLong(int4(what));
    }

    private long int8(String what) throws IOException {
      return need(8, what).getLong();
    }

    private long position() {
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

    private void skip(long bytes, String what) throws IOException {
      requireBytes(bytes, what);
      if (bytes <= buffer.remaining()) {
        buffer.position(buffer.position() + (int) bytes);
      } else {
        next += bytes - buffer.remaining();
        buffer.limit(0);
      }
    }

    /** The buffer with at least so many bytes, few enough to fit. */
    private ByteBuffer need(int bytes, String what) throws IOException {
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

    private ModelFormatException refused(String reason) {
      return new ModelFormatException("Cannot read %s: %s".formatted(where, reason));
    }
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
