package io.github.tommerspark.convert;

import io.github.tommerspark.checkpoint.DType;
import org.jspecify.annotations.Nullable;

/**
 * A constant of an ONNX graph, where it is in the file.
 *
 * @param name its name; empty for the value of a {@code Constant} node
 * @param dtype type of its elements
 * @param shape its dimensions, outermost first; empty for a scalar
 * @param begin position in the file of its first byte; elements are little-endian, row-major
 * @param integers its elements, if they are few integers kept apart from the rest; else null
 */
record OnnxTensor(String name, DType dtype, long[] shape, long begin, long @Nullable [] integers) {

  long elements() {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }
}
