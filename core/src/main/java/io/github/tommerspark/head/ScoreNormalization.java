package io.github.tommerspark.head;

import java.util.Optional;

/** The normalisation of the matching scores of a head before features are taken from them. */
public enum ScoreNormalization {
  /** Nothing. */
  NONE(""),
  /** The logarithm of the logistic function. */
  LOG_SIGMOID("log_sigmoid"),
  /** The arc tangent. */
  ATAN("atan");

  private final String key;

  ScoreNormalization(String key) {
    this.key = key;
  }

  /**
   * The spelling in the field {@code normalize_scores} of a head.
   *
   * @return the spelling; empty for {@link #NONE}
   */
  public String key() {
    return key;
  }

  /**
   * The normalization of a spelling.
   *
   * @param key a value of {@code normalize_scores}
   * @return the normalization, or empty when there is none of that spelling
   */
  static Optional<ScoreNormalization> ofKey(String key) {
    for (ScoreNormalization normalization : values()) {
      if (normalization.key.equals(key)) {
        return Optional.of(normalization);
      }
    }
    return Optional.empty();
  }
}
