package io.github.tommerspark.detect;

/**
 * What a head found in a packed batch.
 *
 * @param starts index in the batch of the first token of each span
 * @param ends index in the batch of the last token of each span, inclusive
 * @param scores probability of each span
 */
record ScoredSpans(long[] starts, long[] ends, float[] scores) {}
