package io.github.tommerspark.checkpoint;

/**
 * A tensor that is yet to be written.
 *
 * @param dtype type of its elements
 * @param shape its dimensions, outermost first
 */
public record TensorShape(DType dtype, long[] shape) {

  /** Number of its elements. */
  public long elements() {
    long elements = 1;
    for (long size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    return elements;
  }

  /** Bytes it takes in a file. */
  public long byteSize() {
    return Math.multiplyExact(elements(), dtype.bits()) / Byte.SIZE;
  }
}
