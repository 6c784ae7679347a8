package io.github.tommerspark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class FloatConversionTest {

  private static final int VALUES = 1 << 16;

  @Test
  void everyBinary16HasItsValue() {
    float[] converted = convert(DType.F16);
    for (int bits = 0; bits < VALUES; bits++) {
      assertThat(Float.floatToRawIntBits(converted[bits]))
          .as("bits %04x", bits)
          .isEqualTo(Float.floatToRawIntBits(binary16(bits)));
    }
  }

  @Test
  void everyBfloat16HasItsValue() {
    float[] converted = convert(DType.BF16);
    for (int bits = 0; bits < VALUES; bits++) {
      assertThat(Float.floatToRawIntBits(converted[bits]))
          .as("bits %04x", bits)
          .isEqualTo(bits * VALUES);
    }
  }

  @Test
  void knownValues() {
    float[] converted = convert(DType.F16);
    assertThat(converted[0x3c00]).isEqualTo(1f);
    assertThat(converted[0xc000]).isEqualTo(-2f);
    assertThat(converted[0x7bff]).isEqualTo(65504f);
    assertThat(converted[0x0001]).isEqualTo(0x1p-24f);
    assertThat(converted[0x7c00]).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(converted[0xfe00]).isNaN();
    assertThat(convert(DType.BF16)[0x3fc0]).isEqualTo(1.5f);
  }

  @Test
  void integersAreNoWeights() {
    assertThatThrownBy(() -> DType.I64.toFloats(ByteBuffer.allocate(8), FloatBuffer.allocate(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("I64");
  }

  @Test
  void every16BitValueComesBackFromFloat32() {
    for (DType dtype : new DType[] {DType.F16, DType.BF16}) {
      float[] floats = convert(dtype);
      ByteBuffer narrowed = ByteBuffer.allocate(2 * VALUES);
      dtype.fromFloats(FloatBuffer.wrap(floats), narrowed);
      assertThat(narrowed.hasRemaining()).isFalse();
      narrowed.flip().order(ByteOrder.LITTLE_ENDIAN);
      for (int bits = 0; bits < VALUES; bits++) {
        short got = narrowed.getShort();
        if (Float.isNaN(floats[bits])) {
          // Still no number; which one it is means nothing.
          assertThat(narrow(dtype, Float.intBitsToFloat(0x7f800001))).isNotIn(0x7c00, 0x7f80);
        } else {
          assertThat(got & 0xffff).as("%s %04x", dtype, bits).isEqualTo(bits);
        }
      }
    }
  }

  @Test
  void roundsToTheNearestAndTiesToEven() {
    assertThat(narrow(DType.F16, 1 + 0x1p-11f)).isEqualTo(0x3c00);
    assertThat(narrow(DType.F16, 1 + 0x1p-11f + 0x1p-20f)).isEqualTo(0x3c01);
    assertThat(narrow(DType.F16, 1 + 3 * 0x1p-11f)).isEqualTo(0x3c02);
    assertThat(narrow(DType.F16, 65519f)).isEqualTo(0x7bff);
    assertThat(narrow(DType.F16, 65520f)).isEqualTo(0x7c00);
    assertThat(narrow(DType.F16, -1e30f)).isEqualTo(0xfc00);
    assertThat(narrow(DType.F16, 0x1p-25f)).isZero();
    assertThat(narrow(DType.F16, 0x1.8p-25f)).isEqualTo(1);
    assertThat(narrow(DType.F16, 0x1.ffep-15f + 0x1p-25f)).isEqualTo(0x0400);
    assertThat(narrow(DType.BF16, 1 + 0x1p-8f)).isEqualTo(0x3f80);
    assertThat(narrow(DType.BF16, 1 + 0x1p-8f + 0x1p-20f)).isEqualTo(0x3f81);
    assertThat(narrow(DType.BF16, Float.MAX_VALUE)).isEqualTo(0x7f80);
  }

  private static int narrow(DType dtype, float value) {
    ByteBuffer bytes = ByteBuffer.allocate(2);
    dtype.fromFloats(FloatBuffer.wrap(new float[] {value}), bytes);
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff;
  }

  /** All 65,536 values in order, from a buffer whose byte order and position are unusual. */
  private static float[] convert(DType dtype) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(2 + 2 * VALUES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(2);
    for (int bits = 0; bits < VALUES; bits++) {
      bytes.putShort((short) bits);
    }
    bytes.position(2).order(ByteOrder.BIG_ENDIAN);
    float[] converted = new float[VALUES];
    dtype.toFloats(bytes, FloatBuffer.wrap(converted));
    assertThat(bytes.hasRemaining()).isFalse();
    return converted;
  }

  /** The definition in IEEE 754, by arithmetic on the three fields. */
  private static float binary16(int bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    float sign = bits >> 15 == 0 ? 1 : -1;
    if (exponent == 0x1f) {
      return fraction == 0
          ? sign * Float.POSITIVE_INFINITY
          : Float.intBitsToFloat((sign < 0 ? 0xff800000 : 0x7f800000) + fraction * 0x2000);
    }
    return exponent == 0
        ? sign * Math.scalb((float) fraction, -24)
        : sign * Math.scalb(1024f + fraction, exponent - 25);
  }
}
