package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.TensorShape;

/**
 * A tensor as a snapshot has it, and how it is made of one of the file.
 *
 * @param name its name in the snapshot
 * @param tensor the tensor of the file
 * @param block index of the block it belongs to, {@link #BEFORE} or {@link #AFTER} all blocks
 * @param rows which rows of the file's tensor, and in what order
 * @param change what is done to the values
 */
record GgufWeight(String name, GgufTensor tensor, int block, Rows rows, Change change) {

  static final int BEFORE = -1;
  static final int AFTER = Integer.MAX_VALUE;

  /** The transformation of the values. */
  enum Change {
    NONE,
    /** The file has the matrix the other way round. */
    TRANSPOSED,
    /** The file has the scale of a norm, the snapshot its difference from 1. */
    MINUS_ONE
  }

  /**
   * Rows of a tensor in groups: the rows of a group lie together in the file. Elements count as
   * rows where there is one dimension.
   *
   * @param count number of rows
   * @param group rows of a group, a divisor of {@code count}
   * @param place where groups lie
   * @param interleaved whether the halves of a group alternate in the file
   */
  record Rows(long count, long group, Place place, boolean interleaved) {

    /** From the index of a group to the first row of it in the file. */
    @FunctionalInterface
    interface Place {
      long first(long group);
    }

    /** All rows as they are. */
    static Rows all(GgufTensor tensor) {
      return part(0, count(tensor));
    }

    /** Some rows that lie together. */
    static Rows part(long first, long count) {
      return new Rows(count, count, group -> first, false);
    }

    /** Heads whose two halves alternate in the file, as llama.cpp's rotation wants them. */
    static Rows interleaved(long count, long heads) {
      return new Rows(count, count / heads, group -> group * (count / heads), true);
    }

    /**
     * Queries, keys and values head by head, which the file has one after the other: all queries,
     * all keys, all values.
     */
    static Rows perHead(long count, long heads) {
      long size = count / heads / 3;
      return new Rows(count, size, group -> (group % 3 * heads + group / 3) * size, false);
    }

    static long count(GgufTensor tensor) {
      return tensor.shape()[0];
    }

    /** The row of the file that is some row of the snapshot, within its group. */
    long within(long row) {
      long half = group / 2;
      return interleaved ? row % half * 2 + row / half : row;
    }
  }

  /** Returns whether its elements are those of the file, in their order and type. */
  boolean stored() {
    return change == Change.NONE
        && !tensor.type().quantised()
        && !rows.interleaved()
        && rows.group() == rows.count();
  }

  /** Type of its elements in the snapshot. */
  DType dtype() {
    return change == Change.NONE ? tensor.type().dtype() : DType.F32;
  }

  /** Its dimensions in the snapshot, outermost first. */
  long[] shape() {
    long[] shape = tensor.shape().clone();
    if (change == Change.TRANSPOSED) {
      return new long[] {shape[1], shape[0]};
    }
    shape[0] = rows.count();
    return shape;
  }

  TensorShape described() {
    return new TensorShape(dtype(), shape());
  }

  /** Elements of a row. */
  long width() {
    return tensor.elements() / Rows.count(tensor);
  }
}
