package io.github.tommerspark.detect;

import java.io.Serializable;

/**
 * The score above which a span is a mention: a number, or what is known of the model.
 *
 * @param kind where the number comes from
 * @param number in [0, 1); 0 unless the kind is {@link Kind#NUMBER}
 */
public record Threshold(Kind kind, double number) implements Serializable {

  /** The source of a threshold. */
  public enum Kind {
    /** {@link Threshold#RECOMMENDED} for a bundled model with its own head, else 0.5. */
    DEFAULT,
    /** Recorded by the head: the best F1 on its trainer's dev data. */
    RECOMMENDED,
    /** Recorded by the head: a recall of at least 0.98 on its trainer's dev data. */
    RECALL,
    /** Recorded by the head: a precision of at least 0.90 on its trainer's dev data. */
    PRECISION,
    /** A given number. */
    NUMBER
  }

  /** The operating point of published heads, which favours recall. */
  public static final double PUBLISHED = 0.5;

  /** The threshold that fits the model. */
  public static final Threshold DEFAULT = new Threshold(Kind.DEFAULT, 0);

  /** The threshold that the head records; loading a head that records nothing fails. */
  public static final Threshold RECOMMENDED = new Threshold(Kind.RECOMMENDED, 0);

  /** As {@link Kind#RECALL}; loading a head that records nothing fails. */
  public static final Threshold RECALL = new Threshold(Kind.RECALL, 0);

  /** As {@link Kind#PRECISION}; loading a head that records nothing fails. */
  public static final Threshold PRECISION = new Threshold(Kind.PRECISION, 0);

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
   * @param text {@code recommended}, {@code recall}, {@code precision}, or a number
   * @throws IllegalArgumentException if it is none of these
   */
  public static Threshold parse(String text) {
    return switch (text) {
      case "recommended" -> RECOMMENDED;
      case "recall" -> RECALL;
      case "precision" -> PRECISION;
      default -> {
        try {
          yield of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException(
              "A threshold must be recommended, recall, precision or a number, but is " + text, e);
        }
      }
    };
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
