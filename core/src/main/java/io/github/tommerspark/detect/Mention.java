package io.github.tommerspark.detect;

import java.util.Objects;

/**
 * One entity mention in a text.
 *
 * @param start where it begins in the text, in UTF-16 units, inclusive
 * @param end where it ends in the text, in UTF-16 units, exclusive: {@code text.substring(start,
 *     end)} is the mention
 * @param text the mention itself
 * @param score the head's probability that the span is a mention, in (0, 1)
 */
public record Mention(int start, int end, String text, float score) implements Comparable<Mention> {

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
  }

  /**
   * The same mention in a text that has this one as a part.
   *
   * @param units where the part begins in the whole, in UTF-16 units
   */
  public Mention shift(int units) {
    return units == 0 ? this : new Mention(start + units, end + units, text, score);
  }

  /** By start, then by end. */
  @Override
  public int compareTo(Mention other) {
    int byStart = Integer.compare(start, other.start);
    return byStart != 0 ? byStart : Integer.compare(end, other.end);
  }
}
