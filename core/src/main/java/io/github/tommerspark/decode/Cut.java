package io.github.tommerspark.decode;

/**
 * The comparison of a score with the threshold. The published implementation is not of one mind,
 * and the difference shows: the float nearest to 0.05 is above 0.05 as a double, yet equal to 0.05
 * as a float. A score that is not a number never passes.
 */
enum Cut {
  /** {@code score > threshold}, the threshold rounded to a float. */
  ABOVE_AS_FLOAT {
    @Override
    boolean passes(float score, double threshold) {
      return score > (float) threshold;
    }
  },

  /** {@code score > threshold}, the score widened to a double. */
  ABOVE_AS_DOUBLE {
    @Override
    boolean passes(float score, double threshold) {
      return score > threshold;
    }
  },

  /** {@code score >= threshold}, the score widened to a double. */
  AT_LEAST_AS_DOUBLE {
    @Override
    boolean passes(float score, double threshold) {
      return score >= threshold;
    }
  };

  abstract boolean passes(float score, double threshold);
}
