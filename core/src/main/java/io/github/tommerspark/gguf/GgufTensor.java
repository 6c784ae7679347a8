package io.github.tommerspark.gguf;

/**
 * A tensor of a file, its place checked against the file's size.
 *
 * @param name its name in the file
 * @param type type of its elements
 * @param shape its dimensions, outermost first
 * @param begin position in the file of its first byte
 */
record GgufTensor(String name, GgufType type, long[] shape, long begin) {

  /** Number of its elements. */
  long elements() {
    long elements = 1;
    for (long size : shape) {
      elements *= size;
    }
    return elements;
  }

  /** Elements of a row, which is stored in whole blocks. */
  long width() {
    return shape[shape.length - 1];
  }

  /** Bytes it takes in the file. */
  long byteSize() {
    return bytes(elements());
  }

  /** Bytes of a number of elements that are whole blocks. */
  long bytes(long elements) {
    return elements / type.blockElements() * type.blockBytes();
  }
}
