package io.github.tommerspark.train;

import io.github.tommerspark.head.Calibration;
import java.util.List;

/**
 * The degree to which a head's scores can be read as probabilities, on its dev data; of spans that
 * score above {@value #LEAST_SCORE}, since nearly all others are certain not to be mentions and
 * would hide the rest.
 *
 * @param calibration the map from logits to scores
 * @param error expected calibration error: the mean distance between the score of spans and the
 *     share of them that are gold, over bins, weighted by spans; each part of the data scored with
 *     the calibration that fits the other parts
 * @param folds those parts
 * @param bins spans by their scores, with the calibration of all data
 */
public record Reliability(Calibration calibration, double error, int folds, List<Bin> bins) {

  /** The score that spans must exceed to be counted. */
  public static final double LEAST_SCORE = 0.05;

  /**
   * Spans whose scores lie in an interval.
   *
   * @param from its lower end
   * @param to its upper end
   * @param spans in it
   * @param score their mean
   * @param right the share of them that are gold
   */
  public record Bin(double from, double to, long spans, double score, double right) {}
}
