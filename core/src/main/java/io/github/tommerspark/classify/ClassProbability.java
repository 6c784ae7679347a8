package io.github.tommerspark.classify;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The function that turns the scores of a span's classes into the probability of the best one. */
public enum ClassProbability {
  /**
   * The classes, the outside class among them, exclude each other: the probability is the softmax
   * over all. Supervised training.
   */
  SOFTMAX,

  /**
   * Each class is a question of its own, and a span that is of no class scores below 0 in all: the
   * probability of the best class is its logistic, that of the outside class one minus that.
   * Zero-shot training.
   */
  SIGMOID;

  /** The name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one with the given {@link #label() label}. */
  public static Optional<ClassProbability> ofLabel(String label) {
    return Arrays.stream(values()).filter(value -> value.label().equals(label)).findFirst();
  }
}
