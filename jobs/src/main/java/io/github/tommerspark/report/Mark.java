package io.github.tommerspark.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A mention to underline.
 *
 * @param start its first code point
 * @param end the code point after its last
 * @param style how
 * @param by who says so, such as the model's name
 * @param score the model's probability; null if it has none
 * @param type of the entity; null if it has none
 */
public record Mark(
    int start, int end, MarkStyle style, String by, @Nullable Float score, @Nullable String type) {

  /**
   * Checks the offsets.
   *
   * @throws IllegalArgumentException if start is negative or not below end
   */
  public Mark {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "A mention must have 0 <= start < end: start=%d, end=%d", start, end));
    }
  }

  /** The model, score and type of the mention in a few words. */
  String label() {
    return by
        + (score == null ? "" : " " + Numbers.ratio(score))
        + (type == null ? "" : " (" + type + ")");
  }
}
