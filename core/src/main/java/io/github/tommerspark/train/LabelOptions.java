package io.github.tommerspark.train;

import java.util.Locale;

/**
 * Settings of the training of label models.
 *
 * @param mentionSize width of the layer between a mention's vector and its direction
 * @param labelSize width of the layer between a label's state and its direction
 * @param embeddingSize width of directions
 * @param epochs passes over the data
 * @param batch spans of a step
 * @param learningRate of AdamW, at the height of its one cycle
 * @param weightDecay of AdamW
 * @param dropout share of the numbers of mentions that are dropped in a step
 * @param otherSpans weight of spans that the detector finds and that are not gold, which no label
 *     fits; 0 leaves them out
 * @param seed of initial weights, of the order of spans and of what is dropped
 */
public record LabelOptions(
    int mentionSize,
    int labelSize,
    int embeddingSize,
    int epochs,
    int batch,
    double learningRate,
    double weightDecay,
    double dropout,
    double otherSpans,
    long seed) {

  /** Weight of the labels that fit a mention, of which there are few. */
  private static final double FITTING_WEIGHT = 3;

  /** Weight of labels that mean nearly what a fitting one does. */
  private static final double NEAR_WEIGHT = 0.1;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  public LabelOptions {
    require(mentionSize >= 1, "the mention size must be at least 1, but is %s", mentionSize);
    require(labelSize >= 1, "the label size must be at least 1, but is %s", labelSize);
    require(embeddingSize >= 1, "--embedding-size must be at least 1, but is %s", embeddingSize);
    require(epochs >= 1, "--epochs must be at least 1, but is %s", epochs);
    require(batch >= 1, "--batch must be at least 1, but is %s", batch);
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "--learning-rate must be positive, but is %s",
        learningRate);
    require(weightDecay >= 0, "--weight-decay must not be negative, but is %s", weightDecay);
    require(
        dropout >= 0 && dropout < 1,
        "--dropout must be at least 0 and below 1, but is %s",
        dropout);
    require(otherSpans >= 0, "--other-spans must not be negative, but is %s", otherSpans);
  }

  private static void require(boolean condition, String message, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, value));
    }
  }

  /** Returns what suits the data that come with the project. */
  public static LabelOptions defaults() {
    return new LabelOptions(512, 384, 256, 4, 512, 2e-3, 0.01, 0.2, 0, 0);
  }

  /**
   * Returns what suits a model that goes on with the gold data of one domain, however few: spans
   * that the detector finds there and that are not gold are told apart, too.
   */
  public static LabelOptions goingOn() {
    return new LabelOptions(512, 384, 256, 15, 256, 1e-3, 0.01, 0.2, 0.3, 0);
  }

  /** This training with another seed. */
  public LabelOptions withSeed(long other) {
    return new LabelOptions(
        mentionSize,
        labelSize,
        embeddingSize,
        epochs,
        batch,
        learningRate,
        weightDecay,
        dropout,
        otherSpans,
        other);
  }

  /**
   * The settings as {@code engine/train_labels.py} takes them.
   *
   * @param step its number from 1
   * @param steps all of them
   * @param labelsFixed whether the labels' side stays as it is
   */
  double[] settings(int step, long steps, boolean labelsFixed) {
    return new double[] {
      FITTING_WEIGHT,
      NEAR_WEIGHT,
      dropout,
      0,
      0.9,
      0.999,
      1e-8,
      weightDecay,
      Schedule.oneCycle(learningRate, step - 1, steps),
      step,
      // The hash wants small numbers.
      Math.floorMod(seed * 7919 + step, 1 << 20),
      labelsFixed ? 1 : 0
    };
  }
}
