package io.github.tommerspark.head;

import java.io.Closeable;
import java.io.IOException;
import java.util.Set;

/** The named tensors of a head file. Shapes are known before any tensor is allocated. */
interface HeadTensors extends Closeable {

  /** The names of all tensors. */
  Set<String> names();

  /** The dimensions of one of {@link #names}, outermost first. */
  long[] shape(String name) throws IOException;

  /** The elements of one of {@link #names} as float32, in row-major order. */
  float[] values(String name) throws IOException;

  @Override
  void close() throws IOException;
}
