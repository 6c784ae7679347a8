package io.github.tommerspark.checkpoint;

import java.util.Arrays;
import java.util.Locale;

/**
 * A float32 tensor in memory.
 *
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param values its elements in row-major order; shared, not copied
 */
public record FloatTensor(long[] shape, float[] values) {

  /**
   * Checks that the shape fits the values.
   *
   * @param shape its dimensions, outermost first; copied
   * @param values its elements in row-major order; shared, not copied
   * @throws IllegalArgumentException when the product of the shape is not the number of values
   * @throws ArithmeticException when the product of the shape overflows
   */
  public FloatTensor {
    shape = shape.clone();
    long elements = 1;
    for (long dimension : shape) {
      elements = Math.multiplyExact(elements, Math.max(dimension, 0));
    }
    if (elements != values.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Shape %s does not fit %d values",
              Arrays.toString(shape),
              values.length));
    }
  }

  /**
   * The dimensions of the tensor.
   *
   * @return a copy, outermost dimension first
   */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FloatTensor that
        && Arrays.equals(shape, that.shape)
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "F32" + Arrays.toString(shape);
  }
}
