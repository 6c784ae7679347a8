package io.github.tommerspark.gold;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A mention that somebody marked.
 *
 * @param start where it begins in its text, in UTF-16 units, inclusive
 * @param end where it ends in its text, in UTF-16 units, exclusive
 * @param type what it is, such as {@code PER}; null if the data does not say
 * @param roles what else its text makes it, such as {@code politician} of a person, the most
 *     specific first; mostly none
 */
public record GoldSpan(int start, int end, @Nullable String type, List<String> roles)
    implements Serializable {

  /**
   * Checks the offsets.
   *
   * @throws IllegalArgumentException if start is negative or not below end
   */
  public GoldSpan {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "a mention must have 0 <= start < end, but one has start %d and end %d",
              start,
              end));
    }
    roles = List.copyOf(roles);
  }

  /** A mention without roles. */
  public GoldSpan(int start, int end, @Nullable String type) {
    this(start, end, type, List.of());
  }
}
