package io.github.tommerspark.train;

import io.github.tommerspark.eval.CurvePoint;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.eval.ThresholdGrid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The scores of a head on the dev data at every threshold, as {@code evaluate} counts it.
 *
 * @param points rising in the threshold
 */
public record DevCurve(List<CurvePoint> points) {

  /** The operating point of published heads. */
  public static final double PUBLISHED_THRESHOLD = 0.5;

  private static final double[] THRESHOLDS =
      ThresholdGrid.of(PUBLISHED_THRESHOLD, ThresholdGrid.FLOOR);

  /** Copies the list. */
  public DevCurve {
    points = List.copyOf(points);
  }

  /** The thresholds as scores are compared with them, in 32 bits. */
  static float[] thresholds() {
    float[] thresholds = new float[THRESHOLDS.length];
    for (int i = 0; i < thresholds.length; i++) {
      thresholds[i] = (float) THRESHOLDS[i];
    }
    return thresholds;
  }

  /**
   * The curve of counted spans.
   *
   * @param counts for spans that are not gold and for those that are, their number by the number of
   *     thresholds that their score exceeds
   * @param gold mentions in all
   */
  static DevCurve of(long[][] counts, long gold) {
    List<CurvePoint> points = new ArrayList<>();
    long misses = 0;
    long hits = 0;
    for (int i = THRESHOLDS.length - 1; i >= 0; i--) {
      misses += counts[0][i + 1];
      hits += counts[1][i + 1];
      points.add(0, new CurvePoint(THRESHOLDS[i], new SpanScores(hits, misses, gold)));
    }
    return new DevCurve(points);
  }

  /** The point with the highest F1; the lowest threshold of several. */
  public CurvePoint best() {
    return points.stream()
        .max(
            Comparator.comparingDouble((CurvePoint point) -> point.scores().f1())
                .thenComparing(Comparator.comparingDouble(CurvePoint::threshold).reversed()))
        .orElseThrow();
  }

  /** The point at {@link #PUBLISHED_THRESHOLD}. */
  public CurvePoint published() {
    return points.stream()
        .filter(point -> point.threshold() == PUBLISHED_THRESHOLD)
        .findFirst()
        .orElseThrow();
  }
}
