package io.github.tommerspark.detect;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.Label;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The source of the labels of a model's mentions.
 *
 * @param classifier the name of a bundled model, for the classifier that it brings, or the
 *     directory of a classifier; null for the label model that the backbone brings
 * @param labels to choose among; none for the classifier's own
 * @param threshold probability that a label must reach to be given; null for what a label model
 *     records
 * @param labelRequired whether mentions without a label are left out
 * @param allLabels whether mentions tell all labels that reach the threshold, beside the one that
 *     they are given
 * @param rankBy the number by which decoders choose among mentions
 */
public record Typing(
    String classifier,
    List<Label> labels,
    Double threshold,
    boolean labelRequired,
    boolean allLabels,
    RankBy rankBy)
    implements Serializable {

  /** More wordings than anybody would write. */
  private static final int MAX_WORDINGS = 10_000;

  /**
   * Copies and checks the labels.
   *
   * @throws IllegalArgumentException if there is neither a classifier nor a label, a label cannot
   *     be the name of a class, there are too many wordings, or the threshold is outside [0, 1)
   */
  public Typing {
    Objects.requireNonNull(rankBy, "rankBy");
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
        ClassifierConfig.checkLabels(Label.names(labels));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("‹labels› cannot be used: " + e.getMessage(), e);
      }
    }
    int wordings = labels.stream().mapToInt(label -> label.wordings().size()).sum();
    if (wordings > MAX_WORDINGS) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "‹labels› cannot be used: they have %d wordings in all, and at most %d are read",
              wordings,
              MAX_WORDINGS));
    }
  }

  /**
   * Labels that are read as they are called; mentions have one at most, and are ranked by score.
   */
  public Typing(String classifier, List<String> labels, Double threshold, boolean labelRequired) {
    this(classifier, Label.named(labels), threshold, labelRequired, false, RankBy.MENTION);
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
