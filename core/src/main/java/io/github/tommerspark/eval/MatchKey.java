package io.github.tommerspark.eval;

/**
 * The part of two mentions of a text that must be equal for a match: for {@link SpanMatching#TOKEN}
 * the first and the last content token, both inclusive; for {@link SpanMatching#CHAR} the
 * characters in UTF-16 units, half-open.
 *
 * @param start first token, or first unit
 * @param end last token, or the unit after the last
 */
public record MatchKey(int start, int end) {}
