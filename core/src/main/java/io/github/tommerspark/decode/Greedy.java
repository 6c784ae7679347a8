package io.github.tommerspark.decode;

import java.util.BitSet;

/**
 * Keeps spans in order of preference, each unless it is in conflict with one kept before. Whether
 * it is takes one or two range queries instead of a look at all kept spans.
 */
final class Greedy {

  private Greedy() {}

  /** Two spans are in conflict if they share a token. O(n log n). */
  static BitSet disjoint(Candidates spans) {
    int[] starts = spans.starts();
    // By index of span, which rises with start: the end of every kept span.
    RangeMax keptEnds = new RangeMax(spans.size());
    BitSet kept = new BitSet(spans.size());
    for (int i : byPreference(spans)) {
      // A kept span shares a token if it starts at or before our end and ends at or after our
      // start.
      int startedBefore = Sorting.countUpTo(starts, spans.end(i));
      if (keptEnds.max(0, startedBefore) < spans.start(i)) {
        keptEnds.raise(i, spans.end(i));
        kept.set(i);
      }
    }
    return kept;
  }

  /** Two spans are in conflict if they share a token and neither contains the other. O(n log n). */
  static BitSet nonCrossing(Candidates spans) {
    int[] starts = spans.starts();
    int[] byEnd = Sorting.stable(Sorting.indices(spans.size()), spans::end);
    int[] ends = new int[byEnd.length];
    int[] endRanks = new int[byEnd.length];
    for (int rank = 0; rank < byEnd.length; rank++) {
      ends[rank] = spans.end(byEnd[rank]);
      endRanks[byEnd[rank]] = rank;
    }
    // By index of span, which rises with start: the end of every kept span.
    RangeMax keptEnds = new RangeMax(spans.size());
    // By rank of end: the start of every kept span, negated, because the smallest is asked for.
    RangeMax keptStarts = new RangeMax(spans.size());
    BitSet kept = new BitSet(spans.size());
    for (int i : byPreference(spans)) {
      int start = spans.start(i);
      int end = spans.end(i);
      // Starts after our start, not after our end, and ends after our end.
      boolean crossesEnd =
          keptEnds.max(Sorting.countUpTo(starts, start), Sorting.countUpTo(starts, end)) > end;
      // Ends before our end, not before our start, and starts before our start.
      boolean crossesStart =
          keptStarts.max(Sorting.countBelow(ends, start), Sorting.countBelow(ends, end)) > -start;
      if (!crossesEnd && !crossesStart) {
        keptEnds.raise(i, end);
        keptStarts.raise(endRanks[i], -start);
        kept.set(i);
      }
    }
    return kept;
  }

  /** Indices by falling score, then falling length, then rising (start, end). */
  private static int[] byPreference(Candidates spans) {
    int[] order = Sorting.indices(spans.size());
    order = Sorting.stable(order, i -> spans.start(i) - spans.end(i));
    // The bits of non-negative floats are in the order of their values.
    return Sorting.stable(order, i -> -Float.floatToIntBits(spans.score(i)));
  }
}
