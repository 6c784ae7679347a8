package io.github.tommerspark.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Exact conversion of 16-bit floats, in bulk in blocks that stay in the processor's cache. */
public final class FloatConversion {

  private static final int BLOCK = 4096;

  private FloatConversion() {}

  /** The value of 16 bits. */
  @FunctionalInterface
  interface Expansion {
    float value(short bits);
  }

  /** The 16 bits of the nearest value. */
  @FunctionalInterface
  interface Rounding {
    short bits(float value);
  }

  /** Returns whether all values are numbers, and none infinite. */
  public static boolean allFinite(float[] values) {
    // Branches cost more: zero times a value is zero if it is finite, else no number.
    float sum = 0;
    for (float value : values) {
      sum += value * 0f;
    }
    return sum == 0;
  }

  static void copy(ByteBuffer from, FloatBuffer into) {
    into.put(from.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    from.position(from.limit());
  }

  static void expand(ByteBuffer from, FloatBuffer into, Expansion expansion) {
    ShortBuffer elements = from.order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    int size = Math.min(BLOCK, elements.remaining());
    short[] bits = new short[size];
    float[] values = new float[size];
    while (elements.hasRemaining()) {
      int count = Math.min(size, elements.remaining());
      elements.get(bits, 0, count);
      for (int i = 0; i < count; i++) {
        values[i] = expansion.value(bits[i]);
      }
      into.put(values, 0, count);
    }
    from.position(from.limit());
  }

  /** A bfloat16 is the upper half of a float32. */
  static float brain(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * A binary16 has 5 bits of exponent (bias 15) and 10 of fraction; binary32 has 8 (bias 127) and
   * 23. Shifted into place, the number is too small by 2^(127 - 15), subnormal ones included.
   *
   * @param bits an IEEE 754 binary16
   * @return the same value
   */
  public static float half(short bits) {
    int sign = (bits & 0x8000) << 16;
    int magnitude = (bits & 0x7fff) << 13;
    if (magnitude >= 0x1f << 23) {
      return Float.intBitsToFloat(sign | 0xff << 23 | magnitude);
    }
    float scaled = Float.intBitsToFloat(magnitude) * 0x1p112f;
    return Float.intBitsToFloat(sign | Float.floatToRawIntBits(scaled));
  }

  static void copy(FloatBuffer from, ByteBuffer into) {
    int bytes = from.remaining() * Float.BYTES;
    into.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(from);
    into.position(into.position() + bytes);
  }

  static void narrow(FloatBuffer from, ByteBuffer into, Rounding rounding) {
    ShortBuffer elements = into.order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    int bytes = from.remaining() * Short.BYTES;
    int size = Math.min(BLOCK, from.remaining());
    float[] values = new float[size];
    short[] bits = new short[size];
    while (from.hasRemaining()) {
      int count = Math.min(size, from.remaining());
      from.get(values, 0, count);
      for (int i = 0; i < count; i++) {
        bits[i] = rounding.bits(values[i]);
      }
      elements.put(bits, 0, count);
    }
    into.position(into.position() + bytes);
  }

  static short toBrain(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      // A payload in the lower half only would become an infinity.
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  static short toHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fff_ffff;
    if (magnitude > 0xff << 23) {
      return (short) (sign | 0x7e00 | magnitude >>> 13 & 0x3ff);
    }
    if (magnitude >= 127 + 16 << 23) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 127 - 14 << 23) {
      // Multiples of 2^-24. Exact as a double, which rint rounds to the nearest, ties to even.
      return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
    }
    int rebiased = magnitude - (127 - 15 << 23);
    return (short) (sign | rebiased + 0xfff + (rebiased >>> 13 & 1) >>> 13);
  }
}
