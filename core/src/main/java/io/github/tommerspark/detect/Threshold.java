package io.github.tommerspark.detect;

import java.io.Serializable;

/**
 * The score above which a span is a mention: a number, or what is known of the model.
 *
 * @param kind where the number comes from
 * @param number in [0, 1); 0 unless the kind is {@link Kind#NUMBER}
 */
public record Threshold(Kind kind, double number) implements Serializable {

  /** Where a threshold comes from. */
  public enum Kind {
    /** {@link Threshold#RECOMMENDED} for a bundled model with its own head, else 0.5. */
    DEFAULT,
    /** What the head records: the best on its trainer's dev data. */
    RECOMMENDED,
    /** A given number. */
    NUMBER
  }

  /** The operating point of published heads, which favours recall. */
  public static final double PUBLISHED = 0.5;

  /** What fits the model. */
  public static final Threshold DEFAULT = new Threshold(Kind.DEFAULT, 0);

  /** What the head records; loading a head that records nothing fails. */
  public static final Threshold RECOMMENDED = new Threshold(Kind.RECOMMENDED, 0);

  private static final String RECOMMENDED_LABEL = "recommended";

  /**
   * Checks the number.
   *
   * @throws IllegalArgumentException if it is outside [0, 1)
   */
  public Threshold {
    if (!(number >= 0 && number < 1)) {
      throw new IllegalArgumentException(
          "A threshold must be at least 0 and below 1, but is " + number);
    }
  }

  /**
   * A number.
   *
   * @throws IllegalArgumentException if it is outside [0, 1)
   */
  public static Threshold of(double number) {
    return new Threshold(Kind.NUMBER, number);
  }

  /**
   * A threshold as users write it.
   *
   * @param text {@code recommended}, or a number
   * @throws IllegalArgumentException if it is neither
   */
  public static Threshold parse(String text) {
    if (text.equals(RECOMMENDED_LABEL)) {
      return RECOMMENDED;
    }
    try {
      return of(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "A threshold must be recommended or a number, but is " + text, e);
    }
  }

  /**
   * The number.
   *
   * @throws IllegalStateException if the model that knows it has not been read; {@link
   *     MentionDetector#models} and {@link ModelDescription#spec} have numbers
   */
  public double value() {
    if (kind != Kind.NUMBER) {
      throw new IllegalStateException("The threshold is not known before the model is read");
    }
    return number;
  }
}
