package io.github.tommerspark.decode;

/** Gives spans the number by which a decoder chooses among them. */
@FunctionalInterface
public interface Ranking {

  /** The score itself. */
  Ranking BY_SCORE = (start, end, score) -> score;

  /**
   * The number of a span.
   *
   * @param start position of its first token
   * @param end position of its last token, inclusive
   * @param score of the span
   * @return above 0; the more, the better
   */
  float of(int start, int end, float score);
}
