package io.github.tommerspark.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The header of a safetensors file: 8 bytes with the length of the JSON that follows
 * (little-endian), then a JSON object from names to types, shapes and offsets, then the data.
 *
 * <p>As the format demands, the tensors fill the data section without overlap and without a gap.
 * The JSON is read as a stream; nothing is allocated by a length that the file merely claims.
 *
 * @param bytes the length of the prefix and the JSON together: where the data begin
 * @param tensors the tensors by name, in the order of their data
 */
record SafetensorsHeader(long bytes, Map<String, TensorInfo> tensors) {

  private static final int PREFIX_BYTES = 8;
  private static final long MAX_JSON_BYTES = 100_000_000;
  private static final int MAX_DIMENSIONS = 64;

  /**
   * Reads and checks the header of a file.
   *
   * @param source the file
   * @param file its name relative to the model's directory
   */
  static SafetensorsHeader read(RandomAccessSource source, String file) throws IOException {
    String where = source.name();
    if (source.size() < PREFIX_BYTES) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: it has %d bytes, and a safetensors file begins with a length of 8 bytes",
              where,
              source.size()));
    }
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    source.read(0, prefix);
    long jsonBytes = prefix.getLong(0);
    if (jsonBytes < 0 || jsonBytes > MAX_JSON_BYTES) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: it claims a header of %s bytes, and at most %d are allowed",
              where,
              Long.toUnsignedString(jsonBytes),
              MAX_JSON_BYTES));
    }
    long dataBegin = PREFIX_BYTES + jsonBytes;
    if (dataBegin > source.size()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: it claims a header of %d bytes, but the file has only %d; it was cut off",
              where,
              jsonBytes,
              source.size()));
    }
    List<TensorInfo> tensors;
    try (JsonParser parser =
        StrictJson.parser(new RangeInputStream(source, PREFIX_BYTES, dataBegin))) {
      tensors = new Reader(parser, where, file, dataBegin, source.size()).tensors();
    } catch (JsonProcessingException | CharacterCodingException e) {
      throw StrictJson.malformed(where, e);
    }
    tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparing(TensorInfo::end));
    checkCoverage(tensors, where, dataBegin, source.size());
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    return new SafetensorsHeader(dataBegin, byName);
  }

  private static void checkCoverage(
      List<TensorInfo> tensors, String where, long dataBegin, long fileSize)
      throws ModelFormatException {
    long covered = dataBegin;
    String before = "the header";
    for (TensorInfo tensor : tensors) {
      if (tensor.begin() != covered) {
        throw new ModelFormatException(
            "Cannot read %s: tensor %s %s %s"
                .formatted(
                    where,
                    Quoted.of(tensor.name()),
                    tensor.begin() < covered ? "overlaps" : "leaves a gap after",
                    before));
      }
      covered = tensor.end();
      before = "tensor " + Quoted.of(tensor.name());
    }
    if (covered != fileSize) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: it has %d bytes after the end of %s, which no tensor uses",
              where,
              fileSize - covered,
              before));
    }
  }

  /** One pass over the JSON; the parser refuses names that occur twice. */
  private record Reader(
      JsonParser parser, String where, String file, long dataBegin, long fileSize) {

    List<TensorInfo> tensors() throws IOException {
      StrictJson.expect(parser, JsonToken.START_OBJECT, where, "its header is not a JSON object");
      List<TensorInfo> tensors = new ArrayList<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        String what = name.equals("__metadata__") ? name : "tensor " + Quoted.of(name);
        StrictJson.expect(
            parser, JsonToken.START_OBJECT, where, what + " is not described by a JSON object");
        if (name.equals("__metadata__")) {
          parser.skipChildren();
        } else {
          tensors.add(tensor(name));
        }
      }
      if (parser.nextToken() != null) {
        throw new ModelFormatException(
            "Cannot read %s: its header goes on after the JSON object".formatted(where));
      }
      return tensors;
    }

    private TensorInfo tensor(String name) throws IOException {
      DType dtype = null;
      long[] shape = null;
      long[] offsets = null;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (key) {
          case "dtype" -> dtype = dtype(name, value);
          case "shape" -> shape = numbers(name, key, value);
          case "data_offsets" -> offsets = numbers(name, key, value);
          default -> parser.skipChildren();
        }
      }
      if (dtype == null || shape == null || offsets == null) {
        throw refused(
            name, "has no " + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
      }
      checkSize(name, dtype, shape, offsets);
      return new TensorInfo(
          name, dtype, shape, dataBegin + offsets[0], dataBegin + offsets[1], file);
    }

    private DType dtype(String name, JsonToken value) throws IOException {
      if (value != JsonToken.VALUE_STRING) {
        throw refused(name, "has a dtype that is not a string");
      }
      String dtype = parser.getText();
      return DType.named(dtype)
          .orElseThrow(() -> refused(name, "has the unknown dtype " + Quoted.of(dtype)));
    }

    private long[] numbers(String name, String key, JsonToken value) throws IOException {
      if (value != JsonToken.START_ARRAY) {
        throw refused(name, "has a %s that is not a list".formatted(key));
      }
      long[] numbers = new long[MAX_DIMENSIONS];
      int count = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (count == MAX_DIMENSIONS) {
          throw refused(
              name,
              String.format(Locale.ROOT, "has a %s of more than %d numbers", key, MAX_DIMENSIONS));
        }
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT || parser.getLongValue() < 0) {
          throw refused(
              name, "has a %s that does not consist of non-negative integers".formatted(key));
        }
        numbers[count++] = parser.getLongValue();
      }
      return Arrays.copyOf(numbers, count);
    }

    private void checkSize(String name, DType dtype, long[] shape, long[] offsets)
        throws ModelFormatException {
      long dataBytes = fileSize - dataBegin;
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw refused(
            name, "has data_offsets %s, which is no range".formatted(Arrays.toString(offsets)));
      }
      if (offsets[1] > dataBytes) {
        throw refused(
            name,
            String.format(
                Locale.ROOT,
                "ends at byte %d of the data, but the file has only %d; it was cut off",
                offsets[1],
                dataBytes));
      }
      long bits = dtype.bits();
      try {
        for (long dimension : shape) {
          bits = Math.multiplyExact(bits, dimension);
        }
      } catch (ArithmeticException e) {
        throw refused(name, "has the impossible shape " + Arrays.toString(shape));
      }
      if (bits % Byte.SIZE != 0 || bits / Byte.SIZE != offsets[1] - offsets[0]) {
        throw refused(
            name,
            String.format(
                Locale.ROOT,
                "has %d bytes, which is not the size of %s%s",
                offsets[1] - offsets[0],
                dtype,
                Arrays.toString(shape)));
      }
    }

    private ModelFormatException refused(String name, String reason) {
      return new ModelFormatException(
          "Cannot read %s: tensor %s %s".formatted(where, Quoted.of(name), reason));
    }
  }
}
