package io.github.tommerspark.export;

import java.io.Serializable;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A mention to be written.
 *
 * @param start in its text, in UTF-16 units, inclusive
 * @param end in its text, in UTF-16 units, exclusive
 * @param score of the mention; null if it has none
 * @param label of it; null if it has none
 * @param labelScore of the label; null if it has none
 */
public record Annotation(
    int start, int end, @Nullable Float score, @Nullable String label, @Nullable Float labelScore)
    implements Serializable {

  /**
   * Checks the offsets.
   *
   * @throws IllegalArgumentException if start is negative or not below end
   */
  public Annotation {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a mention must have 0 <= start < end, but one has start %d and end %d",
              start,
              end));
    }
  }

  /**
   * Returns its label.
   *
   * @param none that a mention without one gets
   */
  public String labelOr(String none) {
    return label != null && !label.isBlank() ? label : none;
  }
}
