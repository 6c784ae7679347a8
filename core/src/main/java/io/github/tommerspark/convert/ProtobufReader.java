package io.github.tommerspark.convert;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The fields of one protobuf message inside a file, one after the other.
 *
 * <p>Nothing is read but tags and the values that are asked for; a field whose value is not asked
 * for is stepped over. A length that leads out of the message is refused when it is met.
 *
 * <pre>{@code
 * while (message.next()) {
 *   switch (message.field()) {
 *     case 1 -> name = message.text();
 *     case 2 -> parse(message.message());
 *     default -> {}
 *   }
 * }
 * }</pre>
 */
final class ProtobufReader {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /** More than any name in a published model. */
  private static final int MAX_TEXT_BYTES = 1 << 12;

  private final Window window;
  private final long end;
  private long position;
  private int field;
  private int wireType;
  // Where the value of the current field is.
  private long valueBegin;
  private long valueEnd;

  private ProtobufReader(Window window, long begin, long end) {
    this.window = window;
    this.position = begin;
    this.end = end;
  }

  /** The message that a whole file is. */
  static ProtobufReader of(RandomAccessSource source) {
    return new ProtobufReader(new Window(source), 0, source.size());
  }

  /**
   * Moves to the next field.
   *
   * @return whether there is one
   * @throws ModelFormatException if the message breaks off, or has no field there
   */
  boolean next() throws IOException {
    if (position == end) {
      return false;
    }
    long at = position;
    long tag = varintAt();
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    if (tag >>> 32 != 0 || field == 0) {
      throw refused("byte %d begins no field (tag %d)", at, tag);
    }
    valueBegin = position;
    switch (wireType) {
      case VARINT -> varintAt();
      case FIXED64 -> skip(at, Long.BYTES);
      case FIXED32 -> skip(at, Integer.BYTES);
      case BYTES -> {
        long length = varintAt();
        valueBegin = position;
        skip(at, length);
      }
      default ->
          throw refused("field %d at byte %d has the unknown wire type %d", field, at, wireType);
    }
    valueEnd = position;
    return true;
  }

  /** Number of the current field. */
  int field() {
    return field;
  }

  /** The current field as an integer. */
  long integer() throws IOException {
    require(VARINT);
    position = valueBegin;
    return varintAt();
  }

  /** The current field as a float. */
  float real() throws IOException {
    require(FIXED32);
    return Float.intBitsToFloat(window.fixed32(valueBegin));
  }

  /** The current field as a short text. */
  String text() throws IOException {
    require(BYTES);
    if (length() > MAX_TEXT_BYTES) {
      throw refused(
          "the text of field %d at byte %d has %d bytes, and at most %d are allowed",
          field, valueBegin, length(), MAX_TEXT_BYTES);
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length());
    window.source.read(valueBegin, bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw refused("the text of field %d at byte %d is not valid UTF-8", field, valueBegin);
    }
  }

  /** The current field as a message of its own. */
  ProtobufReader message() throws IOException {
    require(BYTES);
    return new ProtobufReader(window, valueBegin, valueEnd);
  }

  /**
   * The integers of a repeated field: one, or several packed into one value.
   *
   * @param before what earlier fields of that number held
   * @param most how many there may be in all
   * @return those of {@code before}, then these
   */
  long[] integers(long[] before, int most) throws IOException {
    if (wireType == VARINT) {
      return append(before, integer(), most);
    }
    require(BYTES);
    long[] all = before;
    position = valueBegin;
    while (position < valueEnd) {
      all = append(all, varintAt(), most);
    }
    if (position != valueEnd) {
      throw refused("field %d at byte %d ends inside a number", field, valueBegin);
    }
    return all;
  }

  private long[] append(long[] numbers, long number, int most) throws ModelFormatException {
    if (numbers.length == most) {
      throw refused("field %d at byte %d has more than %d numbers", field, valueBegin, most);
    }
    long[] longer = Arrays.copyOf(numbers, numbers.length + 1);
    longer[numbers.length] = number;
    return longer;
  }

  /** Returns whether the current field is of bytes, such as a text, a message or packed numbers. */
  boolean isBytes() {
    return wireType == BYTES;
  }

  /** Position in the file of the first byte of the current field, which has to be of bytes. */
  long begin() throws ModelFormatException {
    require(BYTES);
    return valueBegin;
  }

  /** Bytes of the current field, which has to be of bytes. */
  long length() throws ModelFormatException {
    require(BYTES);
    return valueEnd - valueBegin;
  }

  private void require(int type) throws ModelFormatException {
    if (wireType != type) {
      throw refused(
          "field %d at byte %d has wire type %d, and not %d", field, valueBegin, wireType, type);
    }
  }

  private void skip(long at, long bytes) throws ModelFormatException {
    if (bytes < 0 || bytes > end - position) {
      throw refused(
          "field %d at byte %d claims %s bytes, but only %d are left; it was cut off or damaged",
          field, at, Long.toUnsignedString(bytes), end - position);
    }
    position += bytes;
  }

  private long varintAt() throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (position >= end) {
        throw refused("a number breaks off at byte %d; it was cut off or damaged", position);
      }
      byte next = window.at(position++);
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw refused("the number that ends at byte %d has more than 64 bits", position);
  }

  private ModelFormatException refused(String reason, Object... values) {
    return new ModelFormatException(
        "Cannot read %s: %s"
            .formatted(window.source.name(), String.format(Locale.ROOT, reason, values)));
  }

  /** The part of the file around the last position, shared by a message and those inside it. */
  private static final class Window {
    private static final int SIZE = 1 << 13;

    private final RandomAccessSource source;
    private final ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private long begin;

    Window(RandomAccessSource source) {
      this.source = source;
      bytes.limit(0);
    }

    byte at(long position) throws IOException {
      if (position < begin || position >= begin + bytes.limit()) {
        fill(position);
      }
      return bytes.get((int) (position - begin));
    }

    int fixed32(long position) throws IOException {
      if (position < begin || position + Integer.BYTES > begin + bytes.limit()) {
        fill(position);
      }
      return bytes.getInt((int) (position - begin));
    }

    private void fill(long position) throws IOException {
      bytes.clear().limit((int) Math.min(SIZE, source.size() - position));
      source.read(position, bytes);
      bytes.flip();
      begin = position;
    }
  }
}
