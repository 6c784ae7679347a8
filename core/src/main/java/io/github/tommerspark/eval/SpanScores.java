package io.github.tommerspark.eval;

import java.io.Serializable;

/**
 * The result of comparing predictions with gold mentions ({@code NERmodel.evaluate}).
 *
 * @param truePositives predictions that match a gold mention
 * @param falsePositives predictions that match none
 * @param gold gold mentions; those marked twice count twice
 */
public record SpanScores(long truePositives, long falsePositives, long gold)
    implements Serializable {

  /** Keeps quotients of nothing at 0, as published: small enough to vanish otherwise. */
  private static final double EPSILON = 1e-8;

  /** The share of predictions that are gold. */
  public double precision() {
    return truePositives / (truePositives + falsePositives + EPSILON);
  }

  /** The share of gold mentions that were found, each match counting once. */
  public double recall() {
    return truePositives / (gold + EPSILON);
  }

  /** The harmonic mean of both. */
  public double f1() {
    return f1(precision(), recall());
  }

  /** The harmonic mean of a precision and a recall. */
  static double f1(double precision, double recall) {
    return 2 * precision * recall / (precision + recall + EPSILON);
  }
}
