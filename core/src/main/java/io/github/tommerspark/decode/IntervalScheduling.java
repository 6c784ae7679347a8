package io.github.tommerspark.decode;

import java.util.BitSet;

/** Weighted interval scheduling: the spans without overlap whose scores have the largest sum. */
final class IntervalScheduling {

  private IntervalScheduling() {}

  /**
   * best[j + 1] = max(best[j], score[j] + best[b(j)]), with the spans in the order (end, start) and
   * b(j) the number of spans that end before span j starts. O(n log n).
   */
  static BitSet select(Candidates spans) {
    int[] byEnd = Sorting.stable(Sorting.indices(spans.size()), spans::end);
    int[] ends = new int[byEnd.length];
    for (int j = 0; j < byEnd.length; j++) {
      ends[j] = spans.end(byEnd[j]);
    }
    double[] best = new double[byEnd.length + 1];
    int[] before = new int[byEnd.length];
    BitSet taken = new BitSet(byEnd.length);
    for (int j = 0; j < byEnd.length; j++) {
      before[j] = Sorting.countBelow(ends, spans.start(byEnd[j]));
      double with = spans.score(byEnd[j]) + best[before[j]];
      // Of equal sums the one without this span, as published.
      taken.set(j, with > best[j]);
      best[j + 1] = taken.get(j) ? with : best[j];
    }
    BitSet selected = new BitSet(byEnd.length);
    for (int j = taken.previousSetBit(byEnd.length - 1); j >= 0; ) {
      selected.set(byEnd[j]);
      j = taken.previousSetBit(before[j] - 1);
    }
    return selected;
  }
}
