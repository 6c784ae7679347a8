package io.github.tommerspark.detect;

/**
 * The spans that a head found in a packed batch.
 *
 * @param starts index in the batch of the first token of each span
 * @param ends index in the batch of the last token of each span, inclusive
 * @param scores probability of each span
 * @param labels index of the class of each span; null without a classifier
 * @param labelScores probability of that class; null without a classifier
 */
record ScoredSpans(
    long[] starts, long[] ends, float[] scores, long[] labels, float[] labelScores) {}
