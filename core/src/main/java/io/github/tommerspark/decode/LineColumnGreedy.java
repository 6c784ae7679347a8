package io.github.tommerspark.decode;

import java.util.Arrays;
import java.util.BitSet;

/** The best span of every start and, of those, the best span of every end. */
final class LineColumnGreedy {

  private LineColumnGreedy() {}

  /** O(n log n). The first of equal scores wins: the smallest end, then the smallest start. */
  static BitSet select(Candidates spans) {
    int[] winners = new int[spans.size()];
    int count = 0;
    for (int i = 0; i < spans.size(); i++) {
      if (count == 0 || spans.start(winners[count - 1]) != spans.start(i)) {
        winners[count++] = i;
      } else if (spans.score(i) > spans.score(winners[count - 1])) {
        winners[count - 1] = i;
      }
    }
    BitSet selected = new BitSet(spans.size());
    int best = -1;
    for (int i : Sorting.stable(Arrays.copyOf(winners, count), spans::end)) {
      if (best >= 0 && spans.end(best) == spans.end(i)) {
        if (spans.score(i) <= spans.score(best)) {
          continue;
        }
        selected.clear(best);
      }
      selected.set(i);
      best = i;
    }
    return selected;
  }
}
