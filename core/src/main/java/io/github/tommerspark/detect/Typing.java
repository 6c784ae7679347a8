package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierConfig;
import java.io.Serializable;
import java.util.List;

/**
 * The source of the labels of a model's mentions.
 *
 * @param classifier the name of a bundled model, for the classifier that it brings, or the
 *     directory of a classifier; null for the label model that the backbone brings
 * @param labels names of the classes to choose among; none for the classifier's own
 * @param threshold probability that a label must reach to be given; null for what a label model
 *     records
 * @param labelRequired whether mentions without a label are left out
 */
public record Typing(
    String classifier, List<String> labels, Double threshold, boolean labelRequired)
    implements Serializable {

  /**
   * Copies and checks the labels.
   *
   * @throws IllegalArgumentException if there is neither a classifier nor a label, a label cannot
   *     be the name of a class, or the threshold is outside [0, 1)
   */
  public Typing {
    labels = List.copyOf(labels);
    if (classifier == null && labels.isEmpty()) {
      throw new IllegalArgumentException("Typing needs a classifier or labels");
    }
    if (threshold != null && !(threshold >= 0 && threshold < 1)) {
      throw new IllegalArgumentException(
          "‹labelThreshold› must be at least 0 and below 1, but is " + threshold);
    }
    if (!labels.isEmpty()) {
      try {
        ClassifierConfig.checkLabels(labels);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("‹labels› cannot be used: " + e.getMessage(), e);
      }
    }
  }

  /** Labels as good as the classifier can give, and mentions without one. */
  public Typing(String classifier, List<String> labels) {
    this(classifier, labels, null, false);
  }

  /** A classifier with its own classes. */
  public static Typing classifier(String classifier) {
    return new Typing(classifier, List.of());
  }

  /** Labels for the label model that the backbone brings. */
  public static Typing labels(List<String> labels) {
    return new Typing(null, labels);
  }
}
