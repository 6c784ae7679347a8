package io.github.tommerspark.eval;

/**
 * A point of a precision–recall curve.
 *
 * @param threshold what scores must exceed
 * @param scores at that threshold
 */
public record CurvePoint(double threshold, SpanScores scores) {}
