package io.github.tommerspark.detect;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The labels of the candidates of one text, by their token positions. */
public final class SpanLabels {

  private static final int INITIAL_CAPACITY = 64;
  private static final long EMPTY = -1;

  private final List<String> classes;

  // A hash table with open addressing, at most half full.
  private long[] spans = empty(INITIAL_CAPACITY);
  private int[] labels = new int[INITIAL_CAPACITY];
  private float[] scores = new float[INITIAL_CAPACITY];

  /** All labels that fit; empty unless they were asked for. */
  private Label[][] fitting = new Label[INITIAL_CAPACITY][];

  private int size;

  /**
   * A label and its probability.
   *
   * @param name of a class; {@code O} for a span of no class
   * @param score the classifier's probability of it, in (0, 1]
   */
  public record Label(String name, float score) {}

  /** No labels yet, out of these classes. */
  SpanLabels(List<String> classes) {
    this.classes = classes;
  }

  private static long[] empty(int capacity) {
    long[] spans = new long[capacity];
    Arrays.fill(spans, EMPTY);
    return spans;
  }

  /**
   * Adds the labels of a span.
   *
   * @param start position of its first token
   * @param end position of its last token, inclusive
   * @param label index of its class
   * @param score probability of the class
   * @param all labels that fit it, the best first; none if they were not asked for
   */
  void add(int start, int end, int label, float score, Label... all) {
    if (2 * (size + 1) > spans.length) {
      grow();
    }
    put(key(start, end), label, score, all);
    size++;
  }

  private void put(long span, int label, float score, Label[] all) {
    int at = slot(span);
    spans[at] = span;
    labels[at] = label;
    scores[at] = score;
    fitting[at] = all;
  }

  private static long key(int start, int end) {
    return (long) start << Integer.SIZE | end;
  }

  /** Returns the slot that holds a span, or the empty slot where it would be. */
  private int slot(long span) {
    int mask = spans.length - 1;
    // Spread, because spans of a text differ in few bits.
    int at = (int) ((span * 0x9E3779B97F4A7C15L) >>> Integer.SIZE) & mask;
    while (spans[at] != EMPTY && spans[at] != span) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldSpans = spans;
    int[] oldLabels = labels;
    float[] oldScores = scores;
    Label[][] oldFitting = fitting;
    int capacity = Math.multiplyExact(2, oldSpans.length);
    spans = empty(capacity);
    labels = new int[capacity];
    scores = new float[capacity];
    fitting = new Label[capacity][];
    for (int i = 0; i < oldSpans.length; i++) {
      if (oldSpans[i] != EMPTY) {
        put(oldSpans[i], oldLabels[i], oldScores[i], oldFitting[i]);
      }
    }
  }

  /**
   * The label of a candidate.
   *
   * @param start position of its first token
   * @param end position of its last token, inclusive
   * @throws IllegalArgumentException if there is no such candidate
   */
  public Label of(int start, int end) {
    int at = known(start, end);
    return new Label(classes.get(labels[at]), scores[at]);
  }

  /**
   * All labels that fit a candidate.
   *
   * @param start position of its first token
   * @param end position of its last token, inclusive
   * @return the one that it is given first; none if they were not asked for
   * @throws IllegalArgumentException if there is no such candidate
   */
  public List<Label> all(int start, int end) {
    return List.of(fitting[known(start, end)]);
  }

  private int known(int start, int end) {
    int at = slot(key(start, end));
    if (spans[at] == EMPTY) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "Span %d..%d has no label", start, end));
    }
    return at;
  }
}
