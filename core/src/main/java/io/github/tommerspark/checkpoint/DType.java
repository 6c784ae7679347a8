package io.github.tommerspark.checkpoint;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * The element types of the safetensors format.
 *
 * <p>Checkpoints carry tensors of many types beside their weights (attention masks, position ids,
 * quantisation scales), so all types may occur in a header; only {@link #F32}, {@link #F16} and
 * {@link #BF16} can be read as weights.
 */
public enum DType {
  /** One byte per truth value. */
  BOOL(8),
  /** 4-bit float. */
  F4(4),
  /** 6-bit float, 2 bits of exponent. */
  F6_E2M3(6),
  /** 6-bit float, 3 bits of exponent. */
  F6_E3M2(6),
  /** Unsigned 8-bit integer. */
  U8(8),
  /** Signed 8-bit integer. */
  I8(8),
  /** 8-bit float, 5 bits of exponent. */
  F8_E5M2(8),
  /** 8-bit float, 4 bits of exponent. */
  F8_E4M3(8),
  /** 8-bit float, 5 bits of exponent, no infinities and no negative zero. */
  F8_E5M2FNUZ(8),
  /** 8-bit float, 4 bits of exponent, no infinities and no negative zero. */
  F8_E4M3FNUZ(8),
  /** 8-bit power of two. */
  F8_E8M0(8),
  /** Signed 16-bit integer. */
  I16(16),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** IEEE 754 binary16. */
  F16(16),
  /** The upper half of an IEEE 754 binary32. */
  BF16(16),
  /** Signed 32-bit integer. */
  I32(32),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** IEEE 754 binary32. */
  F32(32),
  /** Two binary32, real and imaginary. */
  C64(64),
  /** IEEE 754 binary64. */
  F64(64),
  /** Signed 64-bit integer. */
  I64(64),
  /** Unsigned 64-bit integer. */
  U64(64);

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /**
   * The type of a name in a header.
   *
   * @param name the name as the format spells it, as in {@code "BF16"}
   * @return the type, or empty when the format has no such type
   */
  public static Optional<DType> named(String name) {
    for (DType dtype : values()) {
      if (dtype.name().equals(name)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  /**
   * The size of one element.
   *
   * @return the size in bits
   */
  public int bits() {
    return bits;
  }

  /**
   * Returns whether tensors of this type can be read as float32 weights.
   *
   * @return true for {@link #F32}, {@link #F16} and {@link #BF16}
   */
  public boolean isWeight() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * Converts weights to float32. Every value of the three types has a float32 of its own, so that
   * nothing is rounded: subnormal numbers, infinities and the payload of NaNs are kept.
   *
   * @param from elements of this type, little-endian whatever its order says; read to its limit
   * @param into receives as many floats as {@code from} has elements
   * @throws IllegalArgumentException when {@link #isWeight} is false
   */
  public void toFloats(ByteBuffer from, FloatBuffer into) {
    switch (this) {
      case F32 -> FloatConversion.copy(from, into);
      case F16 -> FloatConversion.expand(from, into, FloatConversion::half);
      case BF16 -> FloatConversion.expand(from, into, FloatConversion::brain);
      default -> throw new IllegalArgumentException(this + " is not a type of weights");
    }
  }

  /**
   * Converts float32 to weights of this type, each to the nearest value, ties to the one with an
   * even last bit. Where the type's range ends, it gives infinities, as IEEE 754 does.
   *
   * @param from floats; read to its limit
   * @param into receives as many elements of this type, little-endian whatever its order says
   * @throws IllegalArgumentException when {@link #isWeight} is false
   */
  public void fromFloats(FloatBuffer from, ByteBuffer into) {
    switch (this) {
      case F32 -> FloatConversion.copy(from, into);
      case F16 -> FloatConversion.narrow(from, into, FloatConversion::toHalf);
      case BF16 -> FloatConversion.narrow(from, into, FloatConversion::toBrain);
      default -> throw new IllegalArgumentException(this + " is not a type of weights");
    }
  }
}
