package io.github.tommerspark.decode;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;

/**
 * A growable list of scored spans, one array per field.
 *
 * <p>{@code start} and {@code end} are token positions, <b>both inclusive</b>: a mention of one
 * token has {@code start == end}. {@code score} is the mention probability. The list keeps the
 * order of insertion. Not thread-safe.
 */
public final class Candidates {

  private static final int DEFAULT_CAPACITY = 16;

  private int[] starts;
  private int[] ends;
  private float[] scores;
  private int size;

  /** An empty list. */
  public Candidates() {
    this(DEFAULT_CAPACITY);
  }

  /**
   * An empty list with room for {@code capacity} spans before it grows.
   *
   * @throws IllegalArgumentException if {@code capacity} is negative
   */
  public Candidates(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException(
          "Cannot create a list of candidates: capacity " + capacity + " is negative");
    }
    starts = new int[capacity];
    ends = new int[capacity];
    scores = new float[capacity];
  }

  /**
   * Appends a span.
   *
   * @param start position of the first token
   * @param end position of the last token, inclusive
   * @param score mention probability, from 0 to 1
   */
  public void add(int start, int end, float score) {
    if (size == starts.length) {
      grow();
    }
    starts[size] = start;
    ends[size] = end;
    scores[size] = score;
    size++;
  }

  /** The number of spans. */
  public int size() {
    return size;
  }

  /**
   * Position of the first token of span {@code i}.
   *
   * @throws IndexOutOfBoundsException if {@code i} is not in [0, size)
   */
  public int start(int i) {
    return starts[Objects.checkIndex(i, size)];
  }

  /**
   * Position of the last token of span {@code i}, inclusive.
   *
   * @throws IndexOutOfBoundsException if {@code i} is not in [0, size)
   */
  public int end(int i) {
    return ends[Objects.checkIndex(i, size)];
  }

  /**
   * Mention probability of span {@code i}.
   *
   * @throws IndexOutOfBoundsException if {@code i} is not in [0, size)
   */
  public float score(int i) {
    return scores[Objects.checkIndex(i, size)];
  }

  /** Removes all spans and keeps the memory for the next ones. */
  public void clear() {
    size = 0;
  }

  /** The spans whose indices are set, in the same order. */
  Candidates subset(BitSet indices) {
    Candidates subset = new Candidates(indices.cardinality());
    for (int i = indices.nextSetBit(0); i >= 0; i = indices.nextSetBit(i + 1)) {
      subset.add(start(i), end(i), score(i));
    }
    return subset;
  }

  /** A copy of the first positions, in list order. */
  int[] starts() {
    return Arrays.copyOf(starts, size);
  }

  private void grow() {
    int capacity = Math.max(DEFAULT_CAPACITY, Math.addExact(size, size >> 1));
    starts = Arrays.copyOf(starts, capacity);
    ends = Arrays.copyOf(ends, capacity);
    scores = Arrays.copyOf(scores, capacity);
  }

  /** Equal if both lists hold the same spans with the same scores in the same order. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Candidates that
        && Arrays.equals(starts, 0, size, that.starts, 0, that.size)
        && Arrays.equals(ends, 0, size, that.ends, 0, that.size)
        && Arrays.equals(scores, 0, size, that.scores, 0, that.size);
  }

  @Override
  public int hashCode() {
    int hash = size;
    for (int i = 0; i < size; i++) {
      hash = 31 * hash + starts[i];
      hash = 31 * hash + ends[i];
      hash = 31 * hash + Float.hashCode(scores[i]);
    }
    return hash;
  }

  /** The spans as {@code [start..end score, …]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < size; i++) {
      text.append(i == 0 ? "" : ", ");
      text.append(starts[i]).append("..").append(ends[i]).append(' ').append(scores[i]);
    }
    return text.append(']').toString();
  }
}
