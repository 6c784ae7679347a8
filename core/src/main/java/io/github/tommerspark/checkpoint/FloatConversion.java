package io.github.tommerspark.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Bulk conversion of 16-bit floats, in blocks that stay in the processor's cache. */
final class FloatConversion {

  private static final int BLOCK = 4096;

  private FloatConversion() {}

  /** The value of 16 bits. */
  @FunctionalInterface
  interface Expansion {
    float value(short bits);
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
   */
  static float half(short bits) {
    int sign = (bits & 0x8000) << 16;
    int magnitude = (bits & 0x7fff) << 13;
    if (magnitude >= 0x1f << 23) {
      return Float.intBitsToFloat(sign | 0xff << 23 | magnitude);
    }
    float scaled = Float.intBitsToFloat(magnitude) * 0x1p112f;
    return Float.intBitsToFloat(sign | Float.floatToRawIntBits(scaled));
  }
}
