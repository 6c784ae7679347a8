package io.github.tommerspark.jobs.train;

import io.github.tommerspark.train.EpochScores;
import io.github.tommerspark.train.GoldCounts;
import io.github.tommerspark.train.Reliability;
import io.github.tommerspark.train.TrainingOptions;
import java.util.List;

/**
 * {@code training.json}: how a head was made.
 *
 * @param kind always {@code training}
 * @param product and its version
 * @param finished when, ISO 8601 in UTC
 * @param backbone that was frozen
 * @param train what was learned from
 * @param dev what the best epoch and the threshold were chosen by
 * @param options of the training
 * @param layer that the head reads
 * @param rank of the head
 * @param parameters of the head
 * @param recommendedThreshold with the best F1 on the dev data
 * @param recallThreshold the highest with a recall of .98 there; null if none has
 * @param precisionThreshold the lowest from which on the precision is .90 there; null if none is
 * @param reliability of calibrated scores on the dev data
 * @param best epoch, which was kept
 * @param history of all epochs
 * @param curve of calibrated scores of the best epoch on the dev data, rising in the threshold
 */
record TrainingFile(
    String kind,
    String product,
    String finished,
    Backbone backbone,
    Data train,
    Data dev,
    TrainingOptions options,
    int layer,
    int rank,
    long parameters,
    double recommendedThreshold,
    Double recallThreshold,
    Double precisionThreshold,
    Reliability reliability,
    EpochScores best,
    List<EpochScores> history,
    List<Point> curve) {

  /** The value of {@code kind}. */
  static final String KIND = "training";

  /** Its name beside a head. */
  static final String NAME = "training.json";

  /**
   * The backbone.
   *
   * @param location as given, secrets removed
   * @param name that heads record
   * @param fingerprint of what determines its hidden states
   * @param dtype that was asked for
   * @param bos policy for the beginning-of-sequence token
   * @param maxTokens of a window
   */
  record Backbone(
      String location, String name, String fingerprint, String dtype, String bos, int maxTokens) {}

  /**
   * Gold data.
   *
   * @param paths as resolved
   * @param fingerprint SHA-256 of the texts and mentions, in order
   * @param keepUnannotated whether documents without a gold mention count
   * @param dropPronouns whether mentions that are an English pronoun were left out
   * @param unannotated documents that were left out
   * @param counts of the others, and of their mentions
   */
  record Data(
      List<String> paths,
      String fingerprint,
      boolean keepUnannotated,
      boolean dropPronouns,
      long unannotated,
      GoldCounts counts) {}

  /**
   * A point of the curve.
   *
   * @param threshold that scores must exceed
   */
  record Point(
      double threshold,
      double precision,
      double recall,
      double f1,
      long truePos,
      long falsePos,
      long total) {}
}
