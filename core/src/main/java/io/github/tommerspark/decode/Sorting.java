package io.github.tommerspark.decode;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Sorts and searches arrays of {@code int} without boxing. */
final class Sorting {

  private Sorting() {}

  /** The indices 0, 1, …, {@code size - 1}. */
  static int[] indices(int size) {
    int[] indices = new int[size];
    for (int i = 0; i < size; i++) {
      indices[i] = i;
    }
    return indices;
  }

  /**
   * The elements of {@code order} by rising key; elements of equal keys keep their order. Sorting
   * by several keys takes one call per key, the least significant first. O(n log n).
   */
  static int[] stable(int[] order, IntUnaryOperator key) {
    // Key above, position below: sorting the pair as one number is a stable sort by key.
    long[] pairs = new long[order.length];
    for (int position = 0; position < order.length; position++) {
      pairs[position] = (long) key.applyAsInt(order[position]) << Integer.SIZE | position;
    }
    Arrays.sort(pairs);
    int[] sorted = new int[order.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = order[(int) pairs[i]];
    }
    return sorted;
  }

  /**
   * Returns the number of elements of the rising array {@code sorted} that are &lt; {@code bound}.
   * O(log n).
   */
  static int countBelow(int[] sorted, long bound) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < bound) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Returns the number of elements of the rising array {@code sorted} that are &lt;= {@code bound}.
   * O(log n).
   */
  static int countUpTo(int[] sorted, int bound) {
    return countBelow(sorted, bound + 1L);
  }
}
