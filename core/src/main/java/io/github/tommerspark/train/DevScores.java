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
 * The logits that a trained model gives the spans of the dev data, and what follows from them: a
 * calibration, a curve of calibrated scores, thresholds, and how far the scores can be trusted.
 */
final class DevScores {

  /**
   * The logit that spans must exceed to be looked at, unless they are gold: a probability of .0025.
   */
  static final double FLOOR = -6;

  /** Parts of the dev data; each is calibrated by the others to estimate the error. */
  static final int FOLDS = 10;

  /** Intervals of equal width of the table. */
  private static final int BINS = 10;

  private static final int NEWTON_STEPS = 50;

  private static final double PULL = 1e-3;

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
    Sums here = sums(scale, offset, used);
    for (int step = 0; step < NEWTON_STEPS && here.spans > 0; step++) {
      double determinant = here.ss * here.oo - here.so * here.so;
      double ds = (here.oo * here.slope - here.so * here.level) / determinant;
      double dOffset = (here.ss * here.level - here.so * here.slope) / determinant;
      // A whole step can overshoot far from the solution.
      double share = 1;
      Sums there = sums(scale + ds, offset + dOffset, used);
      while (!(there.likelihood >= here.likelihood) && share > 1e-6) {
        share /= 2;
        there = sums(scale + share * ds, offset + share * dOffset, used);
      }
      scale += share * ds;
      offset += share * dOffset;
      here = there;
      if (Math.abs(ds) < 1e-9 && Math.abs(dOffset) < 1e-9) {
        break;
      }
    }
    return scale > 0 && Double.isFinite(scale) && Double.isFinite(offset)
        ? new Calibration(scale, offset)
        : Calibration.NONE;
  }

  /** The logarithm of the likelihood of the data, its gradient and its curvature. */
  private record Sums(
      long spans, double likelihood, double slope, double level, double ss, double so, double oo) {}

  private Sums sums(double scale, double offset, IntPredicate used) {
    long spans = 0;
    // A weak pull towards no change keeps data finite that a threshold separates.
    double likelihood = -PULL / 2 * ((scale - 1) * (scale - 1) + offset * offset);
    double slope = -PULL * (scale - 1);
    double level = -PULL * offset;
    double ss = PULL;
    double so = 0;
    double oo = PULL;
    for (int b = 0; b < batches.size(); b++) {
      if (!used.test(b)) {
        continue;
      }
      Batch batch = batches.get(b);
      spans += batch.logits.length;
      for (int i = 0; i < batch.logits.length; i++) {
        double x = batch.logits[i];
        double score = scale * x + offset;
        double p = 1 / (1 + Math.exp(-score));
        double miss = batch.gold[i] - p;
        double weight = p * (1 - p);
        // log p of gold spans, log (1 - p) of the others.
        double signed = batch.gold[i] == 1 ? score : -score;
        likelihood -=
            signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed;
        slope += miss * x;
        level += miss;
        ss += weight * x * x;
        so += weight * x;
        oo += weight;
      }
    }
    return new Sums(spans, likelihood, slope, level, ss, so, oo);
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

  /** Returns the relation of calibrated scores to the share of spans that are gold. */
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

  /** As {@link #reliability}, of a calibration that does not come from these data. */
  Reliability reliabilityOf(Calibration given) {
    List<Reliability.Bin> table = new Table().add(given, batch -> true).bins();
    return new Reliability(given, error(table), 1, table);
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
