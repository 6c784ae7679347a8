package io.github.tommerspark.detect;

/**
 * The spans that a head found in a packed batch.
 *
 * @param starts index in the batch of the first token of each span
 * @param ends index in the batch of the last token of each span, inclusive
 * @param scores probability of each span
 * @param labels index of the class of each span; null without a classifier
 * @param labelScores probability of that class; null without a classifier
 * @param fitting all labels that reach the threshold; none unless they were asked for
 */
record ScoredSpans(
    long[] starts,
    long[] ends,
    float[] scores,
    long[] labels,
    float[] labelScores,
    Fitting fitting) {

  /**
   * Labels that fit spans, several to a span, span by span.
   *
   * @param spans index of the span of each
   * @param labels index of its class
   * @param scores its probability
   * @param ranks the numbers of which the highest tells the best label of a span
   */
  record Fitting(long[] spans, long[] labels, float[] scores, float[] ranks) {
    static final Fitting NONE = new Fitting(new long[0], new long[0], new float[0], new float[0]);
  }
}
