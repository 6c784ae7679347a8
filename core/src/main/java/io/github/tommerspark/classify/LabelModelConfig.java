package io.github.tommerspark.classify;

import io.github.tommerspark.head.Calibration;
import java.util.Locale;
import java.util.Objects;

/**
 * The settings of a label model, as its file records them.
 *
 * @param llmName the backbone that it was trained on, as its trainer named it
 * @param layer the block whose output it reads, of mentions and of labels, from 0
 * @param hiddenSize the width d of the hidden states, at least 1
 * @param mentionSize the width m of the layer between a mention's vector and its direction
 * @param labelSize the width l of the layer between a label's state and its direction
 * @param embeddingSize the width e of directions
 * @param prompt what the backbone reads in front of a label; may be empty
 * @param priorExponent how much the prior of a label counts against it, in [0, 1]
 * @param threshold probability that a label must reach to be given, in [0, 1)
 * @param calibration from logits to probabilities
 */
public record LabelModelConfig(
    String llmName,
    int layer,
    int hiddenSize,
    int mentionSize,
    int labelSize,
    int embeddingSize,
    String prompt,
    double priorExponent,
    double threshold,
    Calibration calibration) {

  private static final int MAX_PROMPT = 200;

  /**
   * Checks the ranges of the settings.
   *
   * @throws IllegalArgumentException naming the setting and its value, when one is out of range
   */
  public LabelModelConfig {
    Objects.requireNonNull(llmName, "llmName");
    Objects.requireNonNull(calibration, "calibration");
    require(layer >= 0, ClassifierFields.LAYER, layer, "at least 0");
    require(hiddenSize >= 1, ClassifierFields.HIDDEN_SIZE, hiddenSize, "at least 1");
    require(mentionSize >= 1, ClassifierFields.MENTION_SIZE, mentionSize, "at least 1");
    require(labelSize >= 1, ClassifierFields.LABEL_SIZE, labelSize, "at least 1");
    require(embeddingSize >= 1, ClassifierFields.EMBEDDING_SIZE, embeddingSize, "at least 1");
    require(
        prompt.length() <= MAX_PROMPT,
        ClassifierFields.PROMPT,
        String.format(Locale.ROOT, "of %d characters", prompt.length()),
        "of at most " + MAX_PROMPT);
    require(
        priorExponent >= 0 && priorExponent <= 1,
        ClassifierFields.PRIOR_EXPONENT,
        priorExponent,
        "in [0, 1]");
    require(
        threshold >= 0 && threshold < 1, ClassifierFields.LABEL_THRESHOLD, threshold, "in [0, 1)");
  }

  private static void require(boolean holds, String field, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          "field \"%s\" is %s, and must be %s".formatted(field, value, expected));
    }
  }

  /** These settings with another threshold. */
  LabelModelConfig withThreshold(double other) {
    return new LabelModelConfig(
        llmName,
        layer,
        hiddenSize,
        mentionSize,
        labelSize,
        embeddingSize,
        prompt,
        priorExponent,
        other,
        calibration);
  }

  /** Returns these settings with another calibration. */
  public LabelModelConfig withCalibration(Calibration other) {
    return new LabelModelConfig(
        llmName,
        layer,
        hiddenSize,
        mentionSize,
        labelSize,
        embeddingSize,
        prompt,
        priorExponent,
        threshold,
        other);
  }

  /** The width of the vector that represents a mention. */
  public int spanWidth() {
    return Math.toIntExact(SpanRepresentation.FULL.width(hiddenSize));
  }
}
