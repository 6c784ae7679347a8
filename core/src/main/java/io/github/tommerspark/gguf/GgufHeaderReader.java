package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One pass over what stands before the data of a GGUF file. */
final class GgufHeaderReader {

  private static final Set<String> VOCABULARY =
      Set.of(GgufHeader.TOKENS, GgufHeader.MERGES, GgufHeader.SCORES, GgufHeader.TYPES);
  private static final List<Long> VERSIONS = List.of(2L, 3L);

  // All far above any published model.
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

  private final GgufInput input;
  private final boolean vocabulary;

  /**
   * A reader that has read nothing yet.
   *
   * @param vocabulary whether to keep the arrays of the vocabulary
   */
  GgufHeaderReader(GgufInput input, boolean vocabulary) {
    this.input = input;
    this.vocabulary = vocabulary;
  }

  /**
   * Reads and checks everything before the data.
   *
   * @throws ModelFormatException if it is not a GGUF file that can be read
   */
  GgufHeader header() throws IOException {
    if (input.end() < Integer.BYTES || input.int4("its first bytes") != GgufHeader.MAGIC) {
      throw input.refused("it does not begin with the letters GGUF");
    }
    long version = input.uint4("its version");
    if (!VERSIONS.contains(version)) {
      throw input.refused(
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
      String key = input.string("the key of an entry", MAX_NAME_BYTES);
      String what = "entry " + Quoted.of(key);
      if (metadata.put(key, value(key, what)) != null) {
        throw input.refused(what + " occurs twice");
      }
    }
    List<Listed> listed = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      listed.add(listed());
    }
    long begin = aligned(input.position(), alignment(metadata));
    return new GgufHeader(begin, metadata, placed(listed, begin, alignment(metadata)));
  }

  private record Listed(String name, GgufType type, long[] shape, long offset) {}

  private Listed listed() throws IOException {
    String name = input.string("the name of a tensor", MAX_NAME_BYTES);
    String what = "tensor " + Quoted.of(name);
    long dimensions = input.uint4(what);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw input.refused(
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
      shape[i] = input.int8(what);
      if (shape[i] < 1 || shape[i] > MAX_ELEMENTS / elements) {
        throw input.refused(
            "%s has the impossible dimension %s".formatted(what, Long.toUnsignedString(shape[i])));
      }
      elements *= shape[i];
    }
    long id = input.uint4(what);
    Optional<GgufType> type = GgufType.of(id);
    if (type.isEmpty()) {
      throw input.refused(
          "%s has type %s; supported: %s"
              .formatted(what, GgufType.name(id), String.join(", ", GgufType.names())));
    }
    if (shape[shape.length - 1] % type.get().blockElements() != 0) {
      throw input.refused(
          String.format(
              Locale.ROOT,
              "%s has rows of %d elements, which are no whole blocks of %s",
              what,
              shape[shape.length - 1],
              type.get()));
    }
    return new Listed(name, type.get(), shape, input.int8(what));
  }

  private Map<String, GgufTensor> placed(List<Listed> listed, long begin, int alignment)
      throws ModelFormatException {
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (Listed one : listed) {
      String what = "tensor " + Quoted.of(one.name());
      if (one.offset() < 0 || one.offset() % alignment != 0) {
        throw input.refused(
            String.format(
                Locale.ROOT,
                "%s begins at byte %s of the data, which is no multiple of %d",
                what,
                Long.toUnsignedString(one.offset()),
                alignment));
      }
      if (one.offset() > input.end() - begin) {
        throw cutOff(what, one.offset(), begin);
      }
      GgufTensor tensor = new GgufTensor(one.name(), one.type(), one.shape(), begin + one.offset());
      if (tensor.byteSize() > input.end() - tensor.begin()) {
        throw cutOff(what, one.offset() + tensor.byteSize(), begin);
      }
      if (tensors.put(one.name(), tensor) != null) {
        throw input.refused(what + " occurs twice");
      }
    }
    GgufTensor before = null;
    for (GgufTensor tensor :
        tensors.values().stream().sorted(Comparator.comparingLong(GgufTensor::begin)).toList()) {
      if (before != null && tensor.begin() < before.begin() + before.byteSize()) {
        throw input.refused(
            "tensor %s overlaps tensor %s"
                .formatted(Quoted.of(tensor.name()), Quoted.of(before.name())));
      }
      before = tensor;
    }
    return tensors;
  }

  private ModelFormatException cutOff(String what, long offset, long begin) {
    return input.refused(
        String.format(
            Locale.ROOT,
            "%s ends at byte %d of the data, but the file has only %d; it was cut off",
            what,
            offset,
            Math.max(0, input.end() - begin)));
  }

  private int alignment(Map<String, Object> metadata) throws ModelFormatException {
    Object value = metadata.getOrDefault("general.alignment", (long) DEFAULT_ALIGNMENT);
    if (!(value instanceof Long alignment)
        || alignment < 1
        || alignment > MAX_ALIGNMENT
        || Long.bitCount(alignment) != 1) {
      throw input.refused(
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
    int type = input.int4(what);
    return type == ARRAY ? array(key, what) : scalar(type, what);
  }

  private Object scalar(int type, String what) throws IOException {
    return switch (type) {
      case UINT8 -> (long) (input.need(1, what).get() & 0xff);
      case INT8 -> (long) input.need(1, what).get();
      case UINT16 -> (long) (input.need(2, what).getShort() & 0xffff);
      case INT16 -> (long) input.need(2, what).getShort();
      case UINT32 -> input.uint4(what);
      case INT32 -> (long) input.int4(what);
      case FLOAT32 -> decimal(input.need(4, what).getFloat());
      case BOOL -> {
        int value = input.need(1, what).get();
        if (value != 0 && value != 1) {
          throw input.refused(
              String.format(Locale.ROOT, "%s is %d, but must be a bool, 0 or 1", what, value));
        }
        yield value == 1;
      }
      case STRING -> input.string(what, MAX_STRING_BYTES);
      case UINT64 -> {
        long value = input.int8(what);
        if (value < 0) {
          throw input.refused("%s is %s, too large".formatted(what, Long.toUnsignedString(value)));
        }
        yield value;
      }
      case INT64 -> input.int8(what);
      case FLOAT64 -> input.need(8, what).getDouble();
      default ->
          throw input.refused(
              "%s has the unknown type %s".formatted(what, Integer.toUnsignedString(type)));
    };
  }

  /** The decimal that was meant: 1e-5 and not 9.99999974737875e-6. */
  private static double decimal(float value) {
    return Float.isFinite(value) ? Double.parseDouble(Float.toString(value)) : value;
  }

  private Object array(String key, String what) throws IOException {
    int type = input.int4(what);
    long length = input.int8(what);
    int least = leastBytes(type, what);
    if (length < 0 || length > (input.end() - input.position()) / least) {
      throw input.refused(
          String.format(
              Locale.ROOT,
              "%s claims %s elements, but the file has only %d more bytes; it was cut off",
              what,
              Long.toUnsignedString(length),
              input.end() - input.position()));
    }
    boolean keep = vocabulary && VOCABULARY.contains(key);
    if (keep && length > MAX_KEPT_ELEMENTS) {
      throw input.refused(
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
          values[i] = input.need(4, what).getFloat();
        }
        return values;
      }
      if (keep && (type == INT32 || type == UINT32)) {
        int[] values = new int[(int) length];
        for (int i = 0; i < length; i++) {
          values[i] = input.int4(what);
        }
        return values;
      }
      input.skip(length * least, what);
      return new GgufHeader.Skipped(length);
    }
    List<String> strings = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      if (keep) {
        strings.add(input.string(what, MAX_STRING_BYTES));
      } else {
        input.skip(input.stringBytes(what, MAX_STRING_BYTES), what);
      }
    }
    return keep ? new GgufHeader.Strings(strings) : new GgufHeader.Skipped(length);
  }

  /** Bytes of an element; for strings, those of an empty one. */
  private int leastBytes(int type, String what) throws ModelFormatException {
    return switch (type) {
      case UINT8, INT8, BOOL -> 1;
      case UINT16, INT16 -> 2;
      case UINT32, INT32, FLOAT32 -> 4;
      case UINT64, INT64, FLOAT64, STRING -> 8;
      case ARRAY -> throw input.refused(what + " is an array of arrays, which is not supported");
      default ->
          throw input.refused(
              "%s has elements of the unknown type %s"
                  .formatted(what, Integer.toUnsignedString(type)));
    };
  }

  private long count(String what, int leastBytes) throws IOException {
    long count = input.int8("the number of " + what);
    if (count < 0 || count > MAX_ENTRIES || count > (input.end() - input.position()) / leastBytes) {
      throw input.refused(
          String.format(
              Locale.ROOT,
              "it claims %s %s, more than its %d bytes can hold or than the %d that are allowed",
              Long.toUnsignedString(count),
              what,
              input.end(),
              MAX_ENTRIES));
    }
    return count;
  }
}
