package io.github.tommerspark.detect;

import java.util.Map;

/**
 * The reading of one text by a model, with vectors of its candidates and of given spans.
 *
 * @param scored tokens and candidates
 * @param vectors by the span's {@link #key}
 */
public record EncodedText(ScoredText scored, Map<Long, float[]> vectors) {

  static long key(int start, int end) {
    return (long) start << Integer.SIZE | end;
  }

  /**
   * The vector of a candidate or given span, from the window that owns it.
   *
   * @param start its first content token
   * @param end its last content token, inclusive
   * @return null for a given span that is longer than windows can hold
   */
  public float[] vector(int start, int end) {
    return vectors.get(key(start, end));
  }
}
