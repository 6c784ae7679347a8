package io.github.tommerspark.head;

import java.io.Serializable;
import java.util.OptionalDouble;

/**
 * The thresholds that a head's trainer advises, each in [0, 1], as far as there is such advice.
 *
 * @param recommended the threshold with the best F1 on the trainer's dev data
 * @param recall the highest threshold with a recall of at least {@link #RECALL}
 * @param precision the lowest threshold from which on the precision is at least {@link #PRECISION}
 */
public record HeadThresholds(
    OptionalDouble recommended, OptionalDouble recall, OptionalDouble precision)
    implements Serializable {

  /**
   * The recall that the threshold for recall keeps on the dev data. Text that is unlike them costs
   * a few points, so that .95 needs this much.
   */
  public static final double RECALL = 0.98;

  /** The precision that the threshold for precision reaches. */
  public static final double PRECISION = 0.90;

  /** No advice. */
  public static final HeadThresholds NONE =
      new HeadThresholds(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the threshold that is out of range
   */
  public HeadThresholds {
    check(HeadFields.RECOMMENDED_THRESHOLD, recommended);
    check(HeadFields.RECALL_THRESHOLD, recall);
    check(HeadFields.PRECISION_THRESHOLD, precision);
  }

  private static void check(String field, OptionalDouble threshold) {
    double value = threshold.orElse(0);
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          "field \"%s\" is %s, and must be between 0 and 1".formatted(field, value));
    }
  }

  /** The advice of a head that records the best threshold alone. */
  public static HeadThresholds recommended(double threshold) {
    return new HeadThresholds(
        OptionalDouble.of(threshold), OptionalDouble.empty(), OptionalDouble.empty());
  }
}
