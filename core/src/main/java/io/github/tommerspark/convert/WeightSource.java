package io.github.tommerspark.convert;

import io.github.tommerspark.checkpoint.DType;
import java.io.IOException;

/** The values of a tensor that a snapshot is to have, wherever they come from. */
public interface WeightSource {

  /**
   * Its dimensions.
   *
   * @return them, outermost first
   */
  long[] shape();

  /**
   * The narrowest type that holds its values exactly.
   *
   * @return F32, F16 or BF16
   */
  DType dtype();

  /**
   * Reads a run of elements.
   *
   * @param first index of the first one in row-major order, from 0
   * @param into receives as many as it is long
   * @throws IOException if they cannot be read
   */
  void read(long first, float[] into) throws IOException;

  /**
   * Number of elements.
   *
   * @return the product of the dimensions
   */
  default long elements() {
    long elements = 1;
    for (long dimension : shape()) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return elements;
  }
}
