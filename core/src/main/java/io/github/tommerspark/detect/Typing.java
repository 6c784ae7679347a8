package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierConfig;
import java.io.Serializable;
import java.util.List;

/**
 * How a model's mentions get their labels.
 *
 * @param classifier the name of a bundled model, for the classifier that it brings, or the
 *     directory of a classifier; null for the zero-shot classifier that the backbone brings
 * @param labels names of the classes to choose among; none for the classifier's own
 */
public record Typing(String classifier, List<String> labels) implements Serializable {

  /**
   * Copies and checks the labels.
   *
   * @throws IllegalArgumentException if there is neither a classifier nor a label, or a label
   *     cannot be the name of a class
   */
  public Typing {
    labels = List.copyOf(labels);
    if (classifier == null && labels.isEmpty()) {
      throw new IllegalArgumentException("Typing needs a classifier or labels");
    }
    if (!labels.isEmpty()) {
      try {
        ClassifierConfig.checkLabels(labels);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("--labels cannot be used: " + e.getMessage(), e);
      }
    }
  }

  /** A classifier with its own classes. */
  public static Typing classifier(String classifier) {
    return new Typing(classifier, List.of());
  }

  /** Labels for the zero-shot classifier that the backbone brings. */
  public static Typing labels(List<String> labels) {
    return new Typing(null, labels);
  }
}
