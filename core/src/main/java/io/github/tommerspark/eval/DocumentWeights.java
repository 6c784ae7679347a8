package io.github.tommerspark.eval;

/**
 * The number of times that each document is drawn in each replicate of a bootstrap.
 *
 * <p>Drawing n of n documents with replacement takes each one a number of times that is nearly
 * Poisson(1), independent of the others. So a weight that is a function of the seed, the document
 * and the replicate alone makes a bootstrap in one pass, the same however the documents are spread
 * over machines (Chamandy et al., Estimating Uncertainty for Massive Data Streams, 2012).
 */
final class DocumentWeights {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** P(weight <= k) as a fraction of 2^63, up to where it is 1 in that precision. */
  private static final long[] CUMULATIVE = cumulative();

  private DocumentWeights() {}

  private static long[] cumulative() {
    long[] cumulative = new long[20];
    double term = Math.exp(-1);
    double sum = 0;
    for (int k = 0; k < cumulative.length; k++) {
      sum += term;
      cumulative[k] = (long) (Math.min(sum, 1) * 0x1p63);
      term /= k + 1;
    }
    cumulative[cumulative.length - 1] = Long.MAX_VALUE;
    return cumulative;
  }

  /**
   * Draws the weights of a document.
   *
   * @param seed of the bootstrap
   * @param id of the document
   * @param weights receives one weight per replicate
   */
  static void fill(long seed, String id, int[] weights) {
    long document = mix(seed);
    for (int i = 0; i < id.length(); i++) {
      document = mix(document ^ id.charAt(i));
    }
    for (int r = 0; r < weights.length; r++) {
      long uniform = mix(document + (r + 1) * GOLDEN) >>> 1;
      int weight = 0;
      while (uniform >= CUMULATIVE[weight] && weight < CUMULATIVE.length - 1) {
        weight++;
      }
      weights[r] = weight;
    }
  }

  /** The finalizer of SplitMix64: every bit of the answer depends on every bit of the question. */
  private static long mix(long value) {
    long z = value + GOLDEN;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
