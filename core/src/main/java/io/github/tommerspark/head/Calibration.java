package io.github.tommerspark.head;

import java.io.Serializable;

/**
 * The map from a head's logits to probabilities that mean something: x becomes the logistic of
 * scale · x + offset (Platt scaling), so that of the spans that score .8, 80 % are right on the
 * data that it was fitted to.
 *
 * @param scale above 0
 * @param offset finite
 */
public record Calibration(double scale, double offset) implements Serializable {

  /** Of heads that were not calibrated. */
  public static final Calibration NONE = new Calibration(1, 0);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the one that is out of range
   */
  public Calibration {
    if (!(scale > 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException(
          "field \"%s\" is %s, and must be a number above 0"
              .formatted(HeadFields.CALIBRATION_SCALE, scale));
    }
    if (!Double.isFinite(offset)) {
      throw new IllegalArgumentException(
          "field \"%s\" is %s, and must be finite"
              .formatted(HeadFields.CALIBRATION_OFFSET, offset));
    }
  }

  /**
   * Returns the logit that becomes a probability.
   *
   * @param probability in [0, 1]; the result is infinite at the ends
   */
  public double logit(double probability) {
    return (Math.log(probability / (1 - probability)) - offset) / scale;
  }

  /** Returns the probability that a logit becomes, in [0, 1]. */
  public double probability(double logit) {
    return 1 / (1 + Math.exp(-(scale * logit + offset)));
  }
}
