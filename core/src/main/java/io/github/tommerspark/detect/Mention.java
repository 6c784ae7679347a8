package io.github.tommerspark.detect;

import java.util.List;
import java.util.Objects;

/**
 * One entity mention in a text.
 *
 * @param start where it begins in the text, in UTF-16 units, inclusive
 * @param end where it ends in the text, in UTF-16 units, exclusive: {@code text.substring(start,
 *     end)} is the mention
 * @param text the mention itself
 * @param score the head's probability that the span is a mention, in (0, 1)
 * @param label what the mention is: one of the classifier's classes; null for none of them, and
 *     without a classifier
 * @param labelScore the classifier's probability of the label, in (0, 1]; null without a label
 * @param labels all labels that fit it and their probabilities, the one above first; empty without
 *     a label, and unless all were asked for
 */
public record Mention(
    int start,
    int end,
    String text,
    float score,
    String label,
    Float labelScore,
    List<SpanLabels.Label> labels)
    implements Comparable<Mention> {

  /**
   * Checks the offsets.
   *
   * @throws IllegalArgumentException if start is negative or not below end
   */
  public Mention {
    Objects.requireNonNull(text, "text");
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "A mention must have 0 <= start < end: start=" + start + ", end=" + end);
    }
    if ((label == null) != (labelScore == null)) {
      throw new IllegalArgumentException("A mention has a label and its score, or neither");
    }
    labels = List.copyOf(labels);
    if (!labels.isEmpty() && !labels.get(0).name().equals(label)) {
      throw new IllegalArgumentException(
          "A mention's label must be the first of all that fit it, but is %s of %s"
              .formatted(label, labels));
    }
  }

  /** A mention with at most one label. */
  public Mention(int start, int end, String text, float score, String label, Float labelScore) {
    this(start, end, text, score, label, labelScore, List.of());
  }

  /** A mention without a label. */
  public Mention(int start, int end, String text, float score) {
    this(start, end, text, score, null, null);
  }

  /**
   * The same mention in a text that has this one as a part.
   *
   * @param units where the part begins in the whole, in UTF-16 units
   */
  public Mention shift(int units) {
    return units == 0
        ? this
        : new Mention(start + units, end + units, text, score, label, labelScore, labels);
  }

  /** By start, then by end. */
  @Override
  public int compareTo(Mention other) {
    int byStart = Integer.compare(start, other.start);
    return byStart != 0 ? byStart : Integer.compare(end, other.end);
  }
}
