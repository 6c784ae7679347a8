package io.github.tommerspark.judge;

/**
 * A 95% confidence interval of a proportion.
 *
 * @param low from 0
 * @param high to 1
 */
public record Interval(double low, double high) {

  /** The 97.5% quantile of the normal distribution. */
  private static final double Z = 1.959963984540054;

  /**
   * Wilson's score interval (Wilson 1927): unlike the usual one it stays within 0 and 1, and is not
   * of width 0 when all trials end alike.
   *
   * @param proportion of successes
   * @param trials independent ones; may be a fraction, for an effective number
   * @throws IllegalArgumentException if there are no trials
   */
  static Interval wilson(double proportion, double trials) {
    if (!(trials > 0)) {
      throw new IllegalArgumentException("An interval needs trials, but there are " + trials);
    }
    double z2 = Z * Z / trials;
    double centre = (proportion + z2 / 2) / (1 + z2);
    double half = Z * Math.sqrt((proportion * (1 - proportion) + z2 / 4) / trials) / (1 + z2);
    return new Interval(Math.max(0, centre - half), Math.min(1, centre + half));
  }
}
