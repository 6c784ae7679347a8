package io.github.tommerspark.checkpoint;

import java.util.Arrays;
import java.util.Locale;

/**
 * The header's entry of one tensor; all of it has been checked against the file.
 *
 * @param name the name of the tensor
 * @param dtype the type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param begin the position in the file of its first byte
 * @param end the position in the file after its last byte
 * @param file the name of the file that holds it, relative to the model's directory
 */
public record TensorInfo(
    String name, DType dtype, long[] shape, long begin, long end, String file) {

  /**
   * Keeps a copy of the shape.
   *
   * @param name the name of the tensor
   * @param dtype the type of its elements
   * @param shape its dimensions, outermost first
   * @param begin the position in the file of its first byte
   * @param end the position in the file after its last byte
   * @param file the name of the file that holds it
   */
  public TensorInfo {
    shape = shape.clone();
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

  /**
   * The number of elements: the product of the dimensions.
   *
   * @return the number of elements, 1 for a scalar
   */
  public long elements() {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /**
   * The size of the tensor in the file.
   *
   * @return the size in bytes
   */
  public long byteSize() {
    return end - begin;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorInfo that
        && name.equals(that.name)
        && dtype == that.dtype
        && Arrays.equals(shape, that.shape)
        && begin == that.begin
        && end == that.end
        && file.equals(that.file);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Long.hashCode(begin);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %s%s at [%d, %d) of %s",
        name,
        dtype,
        Arrays.toString(shape),
        begin,
        end,
        file);
  }
}
