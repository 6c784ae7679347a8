package io.github.tommerspark.train;

import io.github.tommerspark.classify.ClassProbability;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a span classifier learns to make small. */
public enum ClassifierLoss {
  /** Cross-entropy over the classes and the outside class: supervised training. */
  CROSS_ENTROPY,

  /** Binary cross-entropy of every class: zero-shot training. */
  BINARY,

  /** The same, with spans of a class weighing as much as those of none: zero-shot training. */
  BALANCED;

  /** Whether class vectors are made from prompts, so that other labels can be given later. */
  public boolean zeroShot() {
    return this != CROSS_ENTROPY;
  }

  /** What the scores of a classifier trained so mean. */
  public ClassProbability probability() {
    return zeroShot() ? ClassProbability.SIGMOID : ClassProbability.SOFTMAX;
  }

  /** The name in options and in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The loss with the given {@link #label() label}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ClassifierLoss parse(String label) {
    return Arrays.stream(values())
        .filter(loss -> loss.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown loss \"%s\": use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(ClassifierLoss::label)
                                .collect(Collectors.joining(", ")))));
  }
}
