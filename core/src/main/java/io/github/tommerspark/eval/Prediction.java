package io.github.tommerspark.eval;

import org.jspecify.annotations.Nullable;

/**
 * A predicted mention, ready to be compared.
 *
 * @param key what must equal that of a gold mention; null if it can equal none
 * @param start where it begins in the text, in UTF-16 units
 * @param end where it ends in the text, in UTF-16 units, exclusive; a span of tokens without
 *     characters may end before it begins
 * @param score the model's probability
 * @param label what it is said to be, {@code O} for none of the classes; null without a classifier
 */
public record Prediction(
    @Nullable MatchKey key, int start, int end, float score, @Nullable String label) {}
