package io.github.tommerspark.detect;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The number that decides between mentions where a decoder cannot keep both. */
public enum RankBy {
  /** The head's probability of the mention. */
  MENTION,

  /** The classifier's probability of the label. */
  LABEL,

  /** The product of both. */
  PRODUCT;

  /** Of a mention without a label: so little that it gives way to any other. */
  private static final float NO_LABEL = 1e-6f;

  /** The name in options and in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The number with the given {@link #label() label}.
   *
   * @throws IllegalArgumentException if there is none; the message lists all labels
   */
  public static RankBy parse(String label) {
    return Arrays.stream(values())
        .filter(value -> value.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot rank by \"%s\": it must be one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(RankBy::label)
                                .collect(Collectors.joining(", ")))));
  }

  /**
   * The number of a span.
   *
   * @param score of the mention
   * @param labelScore of its label; null without one
   */
  float of(float score, Float labelScore) {
    float label = labelScore == null ? NO_LABEL : labelScore;
    return switch (this) {
      case MENTION -> score;
      case LABEL -> label;
      case PRODUCT -> score * label;
    };
  }
}
