package io.github.tommerspark.decode;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The strictly nested spans whose scores have the largest sum.
 *
 * <p>With D(i, j) the largest sum of spans inside tokens [i, j], 0 if i &gt; j, the recurrence is
 *
 * <pre>
 * D(i, j) = max(D(i+1, j), max over spans (i, k), k &lt;= j, of score(i, k) + D(i+1, k-1) + D(k+1, j))
 * </pre>
 *
 * <p>Only few cells of D are ever asked for. The answer is D(0, n-1), which needs the column j =
 * n-1 and D(i+1, k-1) for every candidate (i, k). With candidates taken by rising end, the latter
 * are cells of one column per end, which reaches down to the first start of a candidate with that
 * end and is thrown away when they have been read. Rows without candidates equal the row below them
 * and are left out. What is left are the additions and comparisons of the dense recurrence in the
 * same order, hence the same sums, to the bit, and the same ties.
 */
final class WellNested {

  private final Candidates spans;

  /** Row r holds the spans that start at rowStarts[r]: those from rowFrom[r] to rowFrom[r + 1]. */
  private final int[] rowStarts;

  private final int[] rowFrom;

  /** For every span: its row, and the first row that starts after its end. */
  private final int[] row;

  private final int[] rowAfter;

  /** For every span (i, k): score(i, k) + D(i+1, k-1). */
  private final double[] nestedSum;

  /** The current column of D by row, and the span that starts the best choice there, -1 if none. */
  private final double[] column;

  private final int[] choice;

  private WellNested(Candidates spans) {
    this.spans = spans;
    int n = spans.size();
    row = new int[n];
    int[] starts = new int[n];
    int[] from = new int[n + 1];
    int rows = 0;
    for (int i = 0; i < n; i++) {
      if (rows == 0 || starts[rows - 1] != spans.start(i)) {
        starts[rows] = spans.start(i);
        from[rows] = i;
        rows++;
      }
      row[i] = rows - 1;
    }
    from[rows] = n;
    rowStarts = Arrays.copyOf(starts, rows);
    rowFrom = Arrays.copyOf(from, rows + 1);
    rowAfter = new int[n];
    for (int i = 0; i < n; i++) {
      rowAfter[i] = Sorting.countUpTo(rowStarts, spans.end(i));
    }
    nestedSum = new double[n];
    column = new double[rows];
    choice = new int[rows];
  }

  static BitSet select(Candidates spans) {
    WellNested problem = new WellNested(spans);
    problem.sumNested();
    return problem.choose();
  }

  /** Fills nestedSum, one column of D per distinct end. */
  private void sumNested() {
    int[] byEnd = Sorting.stable(Sorting.indices(spans.size()), spans::end);
    for (int i = 0; i < byEnd.length; ) {
      int end = spans.end(byEnd[i]);
      // The sort is stable: the first span of an end has the smallest start.
      int rowTo = Sorting.countBelow(rowStarts, end);
      fillColumn(row[byEnd[i]] + 1, rowTo, end);
      for (; i < byEnd.length && spans.end(byEnd[i]) == end; i++) {
        int span = byEnd[i];
        nestedSum[span] = spans.score(span) + cell(row[span] + 1, rowTo);
      }
    }
  }

  /** Follows the best choices from the whole document down into every chosen span. */
  private BitSet choose() {
    int[] chosen = new int[spans.size()];
    int rows = rowStarts.length;
    fillColumn(0, rows, Long.MAX_VALUE);
    int count = followColumn(0, rows, chosen, 0);
    for (int i = 0; i < count; i++) {
      int end = spans.end(chosen[i]);
      int rowTo = Sorting.countBelow(rowStarts, end);
      fillColumn(row[chosen[i]] + 1, rowTo, end);
      count = followColumn(row[chosen[i]] + 1, rowTo, chosen, count);
    }
    BitSet selected = new BitSet(spans.size());
    for (int i = 0; i < count; i++) {
      selected.set(chosen[i]);
    }
    return selected;
  }

  /** Computes the rows [first, rowTo) of the column of spans that end before {@code limit}. */
  private void fillColumn(int first, int rowTo, long limit) {
    for (int r = rowTo - 1; r >= first; r--) {
      double best = cell(r + 1, rowTo);
      int bestSpan = -1;
      for (int i = rowFrom[r]; i < rowFrom[r + 1] && spans.end(i) < limit; i++) {
        double sum = nestedSum[i] + cell(rowAfter[i], rowTo);
        if (sum > best) {
          best = sum;
          bestSpan = i;
        }
      }
      column[r] = best;
      choice[r] = bestSpan;
    }
  }

  /** Appends the choices of a filled column to {@code chosen} and returns the new count. */
  private int followColumn(int first, int rowTo, int[] chosen, int count) {
    for (int r = first; r < rowTo; ) {
      if (choice[r] < 0) {
        r++;
      } else {
        chosen[count++] = choice[r];
        r = rowAfter[choice[r]];
      }
    }
    return count;
  }

  private double cell(int r, int rowTo) {
    return r < rowTo ? column[r] : 0;
  }
}
