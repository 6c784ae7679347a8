package io.github.tommerspark.eval;

/**
 * The thresholds at which a curve is drawn: every hundredth, and two more near 1, where the scores
 * of a confident model lie.
 *
 * <p>A mention counts at a threshold if its score is strictly greater, compared as 32-bit floats,
 * as upstream does.
 */
final class ScoreGrid {

  private static final double[] THRESHOLDS = thresholds();

  private ScoreGrid() {}

  private static double[] thresholds() {
    double[] thresholds = new double[102];
    for (int i = 0; i < 100; i++) {
      thresholds[i] = i / 100.0;
    }
    thresholds[100] = 0.995;
    thresholds[101] = 0.999;
    return thresholds;
  }

  static int size() {
    return THRESHOLDS.length;
  }

  static double threshold(int at) {
    return THRESHOLDS[at];
  }

  /** Returns the number of thresholds below a score: it counts at those, the lowest ones. */
  static int below(float score) {
    int low = 0;
    int high = THRESHOLDS.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (score > (float) THRESHOLDS[middle]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
