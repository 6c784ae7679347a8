package io.github.tommerspark.decode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * The decoders over a dense matrix of scores [start][end], as plainly as their definitions allow
 * and at whatever cost. {@link GoldenDecoderTest} holds them against the golden data.
 */
final class DenseReference {

  private DenseReference() {}

  static List<Span> decode(Decoder decoder, float[][] scores, double threshold) {
    return switch (decoder) {
      case THRESHOLD -> threshold(scores, threshold);
      case GREEDY -> greedy(scores, threshold, Span::overlaps);
      case FLAT -> flat(scores, threshold);
      case GREEDY_NESTED -> greedy(scores, threshold, Span::crosses);
      case WELL_NESTED -> wellNested(scores, threshold);
      case LINE_COL_GREEDY -> lineColumnGreedy(scores, threshold);
    };
  }

  /** The matrix of n tokens; spans not given are 0. */
  static float[][] matrix(int n, List<Span> spans) {
    float[][] scores = new float[n][n];
    spans.forEach(s -> scores[s.start()][s.end()] = s.score());
    return scores;
  }

  /** The cells with start <= end and a positive score. */
  static List<Span> cells(float[][] scores) {
    List<Span> cells = new ArrayList<>();
    for (int start = 0; start < scores.length; start++) {
      for (int end = start; end < scores.length; end++) {
        if (scores[start][end] > 0) {
          cells.add(new Span(start, end, scores[start][end]));
        }
      }
    }
    return cells;
  }

  private static List<Span> threshold(float[][] scores, double threshold) {
    return cells(scores).stream().filter(s -> s.score() > (float) threshold).toList();
  }

  private static List<Span> greedy(
      float[][] scores, double threshold, BiPredicate<Span, Span> conflict) {
    Comparator<Span> preference =
        Comparator.comparing(Span::score)
            .thenComparingInt(s -> s.end() - s.start())
            .reversed()
            .thenComparing(Span.BY_START_AND_END);
    List<Span> kept = new ArrayList<>();
    cells(scores).stream()
        .filter(s -> s.score() > threshold)
        .sorted(preference)
        .filter(s -> kept.stream().noneMatch(k -> conflict.test(k, s)))
        .forEachOrdered(kept::add);
    kept.sort(Span.BY_START_AND_END);
    return kept;
  }

  private static List<Span> flat(float[][] scores, double threshold) {
    List<Span> spans =
        cells(scores).stream()
            .filter(s -> s.score() > threshold)
            .sorted(Comparator.comparingInt(Span::end).thenComparingInt(Span::start))
            .toList();
    double[] sums = new double[spans.size() + 1];
    int[] before = new int[spans.size()];
    for (int j = 0; j < spans.size(); j++) {
      Span span = spans.get(j);
      before[j] = (int) spans.stream().filter(s -> s.end() < span.start()).count();
      sums[j + 1] = Math.max(sums[j], span.score() + sums[before[j]]);
    }
    List<Span> taken = new ArrayList<>();
    for (int j = spans.size(); j > 0; ) {
      if (sums[j] == sums[j - 1]) {
        j--;
      } else {
        taken.add(spans.get(j - 1));
        j = before[j - 1];
      }
    }
    taken.sort(Span.BY_START_AND_END);
    return taken;
  }

  private static List<Span> wellNested(float[][] scores, double threshold) {
    int n = scores.length;
    // sums[i][j + 1] is the best sum inside tokens [i, j]; empty ranges are 0.
    double[][] sums = new double[n + 2][n + 2];
    int[][] ends = new int[n][n];
    for (int i = n - 1; i >= 0; i--) {
      for (int j = i; j < n; j++) {
        sums[i][j + 1] = sums[i + 1][j + 1];
        ends[i][j] = -1;
        for (int k = i; k <= j; k++) {
          double sum = scores[i][k] + sums[i + 1][k] + sums[k + 1][j + 1];
          if (scores[i][k] >= threshold && sum > sums[i][j + 1]) {
            sums[i][j + 1] = sum;
            ends[i][j] = k;
          }
        }
      }
    }
    List<Span> taken = new ArrayList<>();
    takeNested(scores, ends, 0, n - 1, taken);
    taken.sort(Span.BY_START_AND_END);
    return taken;
  }

  private static void takeNested(float[][] scores, int[][] ends, int i, int j, List<Span> taken) {
    if (i <= j) {
      int k = ends[i][j];
      if (k >= 0) {
        taken.add(new Span(i, k, scores[i][k]));
        takeNested(scores, ends, i + 1, k - 1, taken);
      }
      takeNested(scores, ends, Math.max(i, k) + 1, j, taken);
    }
  }

  private static List<Span> lineColumnGreedy(float[][] scores, double threshold) {
    int n = scores.length;
    float[][] lines = new float[n][n];
    for (int start = 0; start < n; start++) {
      int best = 0;
      for (int end = 1; end < n; end++) {
        best = scores[start][end] > scores[start][best] ? end : best;
      }
      lines[start][best] = scores[start][best];
    }
    List<Span> spans = new ArrayList<>();
    for (int end = 0; end < n; end++) {
      int best = 0;
      for (int start = 1; start < n; start++) {
        best = lines[start][end] > lines[best][end] ? start : best;
      }
      if (lines[best][end] > (float) threshold) {
        spans.add(new Span(best, end, lines[best][end]));
      }
    }
    spans.sort(Span.BY_START_AND_END);
    return spans;
  }
}
