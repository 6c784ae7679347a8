package io.github.tommerspark.decode;

import java.util.Arrays;

/** Values that can only rise, and the maximum of any range of them: a segment tree in one array. */
final class RangeMax {

  /** The value of an element that was never raised, and the maximum of an empty range. */
  static final int NONE = Integer.MIN_VALUE;

  private final int size;
  // Element i is node size + i; node p is the maximum of nodes 2p and 2p + 1.
  private final int[] nodes;

  RangeMax(int size) {
    this.size = size;
    nodes = new int[2 * size];
    Arrays.fill(nodes, NONE);
  }

  /** Sets element {@code i} to {@code value} if that is more than it was. O(log n). */
  void raise(int i, int value) {
    for (int node = size + i; node > 0 && nodes[node] < value; node >>= 1) {
      nodes[node] = value;
    }
  }

  /** The maximum of the elements in [from, to). O(log n). */
  int max(int from, int to) {
    int max = NONE;
    int low = size + from;
    int high = size + to;
    while (low < high) {
      if ((low & 1) == 1) {
        max = Math.max(max, nodes[low++]);
      }
      if ((high & 1) == 1) {
        max = Math.max(max, nodes[--high]);
      }
      low >>= 1;
      high >>= 1;
    }
    return max;
  }
}
