package io.github.tommerspark.model;

import io.github.tommerspark.classify.Label;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.message.UserException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/**
 * The words of users about labels of mentions; null, or false, for what they do not say.
 *
 * @param classifier a bundled model, or the directory of a classifier
 * @param labels to choose among
 * @param labelsFile where labels are, in place of those
 * @param labelThreshold probability that a label must reach
 * @param labelRequired whether mentions without a label are left out
 * @param allLabels whether mentions tell all labels that reach the threshold
 * @param rankBy the number by which decoders choose among mentions
 */
public record TypingArguments(
    String classifier,
    List<String> labels,
    String labelsFile,
    Double labelThreshold,
    boolean labelRequired,
    boolean allLabels,
    String rankBy) {

  /**
   * The source of labels; paths are relative to the working directory.
   *
   * @return null for mentions without labels
   * @throws IllegalArgumentException if one contradicts another, a label cannot be the name of a
   *     class, or the threshold is out of range
   * @throws UserException if the classifier is not there, or the file of labels cannot be read
   */
  public Typing typing() {
    return typing(Path.of("").toAbsolutePath());
  }

  /**
   * As {@link #typing()}.
   *
   * @param folder that paths are relative to
   */
  Typing typing(Path folder) {
    if (classifier == null && labels == null && labelsFile == null) {
      String alone =
          labelRequired
              ? "‹requireLabel›"
              : allLabels
                  ? "‹allLabels›"
                  : rankBy != null && RankBy.parse(rankBy) != RankBy.MENTION
                      ? "‹rankBy›"
                      : labelThreshold != null ? "‹labelThreshold›" : null;
      if (alone != null) {
        throw new IllegalArgumentException(alone + " needs ‹labels›, ‹labelsFile› or ‹classifier›");
      }
      return null;
    }
    if (labels != null && labelsFile != null) {
      throw new IllegalArgumentException("‹labels› and ‹labelsFile› exclude each other");
    }
    return new Typing(
        classifier == null ? null : ModelArguments.classifier(folder, classifier),
        labelsFile != null ? read(folder) : labels == null ? List.of() : Label.named(labels),
        labelThreshold,
        labelRequired,
        allLabels,
        rankBy == null ? RankBy.MENTION : RankBy.parse(rankBy));
  }

  private List<Label> read(Path folder) {
    try {
      return LabelsFile.read(folder.resolve(labelsFile).normalize());
    } catch (InvalidPathException e) {
      throw new UserException(
          "Cannot read ‹labelsFile› %s: %s".formatted(labelsFile, e.getMessage()), e);
    }
  }
}
