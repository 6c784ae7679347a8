package io.github.tommerspark.train;

import io.github.tommerspark.eval.CurvePoint;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.HeadThresholds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntPredicate;

/**
 * The logits that a trained head gives the spans of the dev data, and what follows from them: a
 * calibration, a curve of calibrated scores, thresholds, and how far the scores can be trusted.
 */
final class DevScores {

  /**
   * The logit that spans must exceed to be looked at, unless they are gold: a probability of .0025.
   */
  static final double FLOOR = -6;

  /** Parts of the dev data; each is calibrated by the others to estimate the error. */
  private static final int FOLDS = 10;

  /** Intervals of equal width of the table. */
  private static final int BINS = 10;

  private static final int NEWTON_STEPS = 50;

  /**
   * Scores of a batch.
   *
   * @param logits of spans
   * @param gold 1 for those that are gold, else 0
   */
  record Batch(float[] logits, byte[] gold) {}

  private final List<Batch> batches = new ArrayList<>();

  void add(Batch batch) {
    batches.add(batch);
  }

  /**
   * The calibration that makes the data most likely: logistic regression of being gold on the
   * logit, by Newton's method.
   *
   * @return {@link Calibration#NONE} where the data say nothing, as without a gold span
   */
  Calibration calibration() {
    return fit(batch -> true);
  }

  private Calibration fit(IntPredicate used) {
    double scale = 1;
    double offset = 0;
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double slope = 0;
      double level = 0;
      // A little curvature of its own keeps separable data finite.
      double ss = 1e-3;
      double so = 0;
      double oo = 1e-3;
      for (int b = 0; b < batches.size(); b++) {
        if (!used.test(b)) {
          continue;
        }
        Batch batch = batches.get(b);
        for (int i = 0; i < batch.logits.length; i++) {
          double x = batch.logits[i];
          double p = 1 / (1 + Math.exp(-(scale * x + offset)));
          double miss = batch.gold[i] - p;
          double weight = p * (1 - p);
          slope += miss * x;
          level += miss;
          ss += weight * x * x;
          so += weight * x;
          oo += weight;
        }
      }
      double determinant = ss * oo - so * so;
      double ds = (oo * slope - so * level) / determinant;
      double dO = (ss * level - so * slope) / determinant;
      // Far from the solution a whole step can overshoot.
      double damping = Math.min(1, 2 / Math.max(Math.abs(ds), Math.abs(dO)));
      scale += damping * ds;
      offset += damping * dO;
      if (!Double.isFinite(scale) || !Double.isFinite(offset) || scale <= 0) {
        return Calibration.NONE;
      }
      if (Math.abs(ds) < 1e-9 && Math.abs(dO) < 1e-9) {
        break;
      }
    }
    return new Calibration(scale, offset);
  }

  /**
   * Precision and recall of calibrated scores at every threshold.
   *
   * @param gold mentions in all
   */
  DevCurve curve(Calibration calibration, long gold) {
    float[] thresholds = DevCurve.thresholds();
    long[][] counts = new long[2][thresholds.length + 1];
    for (Batch batch : batches) {
      for (int i = 0; i < batch.logits.length; i++) {
        counts[batch.gold[i]][exceeded(thresholds, score(calibration, batch.logits[i]))]++;
      }
    }
    return DevCurve.of(counts, gold);
  }

  /** A score as the engine computes it, in 32 bits. */
  private static float score(Calibration calibration, float logit) {
    float x = logit * (float) calibration.scale() + (float) calibration.offset();
    return (float) (1 / (1 + Math.exp(-x)));
  }

  private static int exceeded(float[] thresholds, float score) {
    int low = 0;
    int high = thresholds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (thresholds[middle] < score) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The thresholds to advise, by a curve. */
  static HeadThresholds thresholds(DevCurve curve) {
    OptionalDouble recall =
        curve.points().stream()
            .filter(point -> point.scores().recall() >= HeadThresholds.RECALL)
            .mapToDouble(CurvePoint::threshold)
            .max();
    OptionalDouble precision = OptionalDouble.empty();
    List<CurvePoint> falling =
        curve.points().stream()
            .sorted(Comparator.comparingDouble(CurvePoint::threshold).reversed())
            .toList();
    for (CurvePoint point : falling) {
      SpanScores scores = point.scores();
      if (scores.truePositives() == 0 && scores.falsePositives() == 0) {
        continue;
      }
      if (scores.precision() < HeadThresholds.PRECISION) {
        break;
      }
      precision = OptionalDouble.of(point.threshold());
    }
    return new HeadThresholds(OptionalDouble.of(curve.best().threshold()), recall, precision);
  }

  /** How calibrated scores relate to the share of spans that are gold. */
  Reliability reliability(Calibration calibration) {
    List<Reliability.Bin> table = new Table().add(calibration, batch -> true).bins();
    int folds = Math.min(FOLDS, batches.size());
    Table held = new Table();
    for (int fold = 0; fold < folds; fold++) {
      int one = fold;
      Calibration others = folds == 1 ? calibration : fit(batch -> batch % folds != one);
      held.add(others, batch -> batch % folds == one);
    }
    return new Reliability(calibration, error(held.bins()), folds, table);
  }

  /** The mean distance between score and share, weighted by spans. */
  private static double error(List<Reliability.Bin> bins) {
    long spans = bins.stream().mapToLong(Reliability.Bin::spans).sum();
    return spans == 0
        ? 0
        : bins.stream().mapToDouble(bin -> bin.spans() * Math.abs(bin.score() - bin.right())).sum()
            / spans;
  }

  /** Spans by their scores. */
  private final class Table {
    private final double[] scores = new double[BINS];
    private final long[] spans = new long[BINS];
    private final long[] gold = new long[BINS];

    Table add(Calibration calibration, IntPredicate used) {
      for (int b = 0; b < batches.size(); b++) {
        if (used.test(b)) {
          Batch batch = batches.get(b);
          for (int i = 0; i < batch.logits.length; i++) {
            double score = calibration.probability(batch.logits[i]);
            if (score > Reliability.LEAST_SCORE) {
              int bin = Math.min(BINS - 1, (int) (score * BINS));
              scores[bin] += score;
              spans[bin]++;
              gold[bin] += batch.gold[i];
            }
          }
        }
      }
      return this;
    }

    List<Reliability.Bin> bins() {
      List<Reliability.Bin> bins = new ArrayList<>();
      for (int i = 0; i < BINS; i++) {
        if (spans[i] > 0) {
          bins.add(
              new Reliability.Bin(
                  (double) i / BINS,
                  (i + 1.0) / BINS,
                  spans[i],
                  scores[i] / spans[i],
                  (double) gold[i] / spans[i]));
        }
      }
      return bins;
    }
  }
}
