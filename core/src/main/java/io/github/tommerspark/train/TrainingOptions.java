package io.github.tommerspark.train;

import io.github.tommerspark.head.HeadReach;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.ScoreNormalization;
import java.io.Serializable;
import java.util.Locale;

/**
 * Settings of the training of heads. The defaults are the paper's.
 *
 * @param window largest distance between the first and the last token of a span; 0 for no limit
 * @param causal whether spans are scored from their end alone
 * @param cosine whether matches are cosines
 * @param normalization what is applied to matches
 * @param epochs passes over the data in each phase
 * @param batch documents of a step
 * @param learningRate at the beginning of each phase
 * @param minLearningRate below which a head's phase ends
 * @param patience steps without a lower loss after which the learning rate is halved
 * @param clip limit of the norm of all gradients of a head; 0 for none
 * @param weightDecay of AdamW
 * @param positiveWeight weight of gold cells in the loss; 0 to balance both kinds in every batch
 * @param pseudoLabels probability above which a cell is its own label; 1 for never
 * @param dilation which cells the loss counts
 * @param distillationPhases further phases, in each of which the head learns from what it was
 * @param teacherThreshold probability above which a teacher's span is a label
 * @param temperature divides logits of student and teacher
 * @param denseDistillation whether the teacher's probabilities are learned instead of labels
 * @param resetStudent whether heads begin those phases anew
 * @param seed of initial weights and of the order of documents
 * @param layout the kind of heads
 * @param dropout share of the numbers per token of boundary heads that are dropped in a step
 * @param schedule of the learning rate; with {@link Schedule#ONE_CYCLE}, minLearningRate and
 *     patience have no effect
 */
public record TrainingOptions(
    int window,
    boolean causal,
    boolean cosine,
    ScoreNormalization normalization,
    int epochs,
    int batch,
    double learningRate,
    double minLearningRate,
    int patience,
    double clip,
    double weightDecay,
    double positiveWeight,
    double pseudoLabels,
    Dilation dilation,
    int distillationPhases,
    double teacherThreshold,
    double temperature,
    boolean denseDistillation,
    boolean resetStudent,
    long seed,
    HeadLayout layout,
    double dropout,
    Schedule schedule)
    implements Serializable {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  public TrainingOptions {
    require(window >= 0, "--window must not be negative, but is %s", window);
    if (layout.type() == HeadType.BOUNDARY) {
      require(
          window >= 1 && window <= 1024,
          "--window of boundary heads must be from 1 to 1024, but is %s",
          window);
      require(causal, "--no-causal is for published heads, not for %s ones", layout.type().label());
    }
    require(
        dropout >= 0 && dropout < 1,
        "--dropout must be at least 0 and below 1, but is %s",
        dropout);
    require(
        dropout == 0 || layout.type() == HeadType.BOUNDARY,
        "--dropout is for boundary heads, but is %s",
        dropout);
    require(epochs >= 1, "--epochs must be at least 1, but is %s", epochs);
    require(batch >= 1, "--batch must be at least 1, but is %s", batch);
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "--learning-rate must be positive, but is %s",
        learningRate);
    require(
        minLearningRate >= 0 && minLearningRate < learningRate,
        "--min-learning-rate must be at least 0 and below --learning-rate, but is %s",
        minLearningRate);
    require(patience >= 0, "--patience must not be negative, but is %s", patience);
    require(clip >= 0, "--clip must not be negative, but is %s", clip);
    require(weightDecay >= 0, "--weight-decay must not be negative, but is %s", weightDecay);
    require(
        positiveWeight >= 0 && Double.isFinite(positiveWeight),
        "--positive-weight must not be negative, but is %s",
        positiveWeight);
    require(
        pseudoLabels > 0 && pseudoLabels <= 1,
        "--pseudo-labels must be above 0 and at most 1, but is %s",
        pseudoLabels);
    require(
        distillationPhases >= 0,
        "--distillation-phases must not be negative, but is %s",
        distillationPhases);
    require(
        teacherThreshold > 0 && teacherThreshold < 1,
        "--teacher-threshold must be between 0 and 1, but is %s",
        teacherThreshold);
    require(
        temperature > 0 && Double.isFinite(temperature),
        "--temperature must be positive, but is %s",
        temperature);
  }

  private static void require(boolean condition, String message, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, value));
    }
  }

  /** The paper's options. */
  public static TrainingOptions defaults() {
    return new TrainingOptions(
        25,
        true,
        true,
        ScoreNormalization.NONE,
        8,
        16,
        1e-2,
        5e-5,
        5000,
        1.0,
        1e-4,
        0,
        1,
        Dilation.NONE,
        1,
        0.9,
        1,
        false,
        false,
        0,
        HeadLayout.PUBLISHED,
        0,
        Schedule.PLATEAU);
  }

  /** Returns the reach of the heads. */
  public HeadReach reach() {
    return new HeadReach(window, causal && layout.type() == HeadType.PUBLISHED);
  }

  /** Phases in all: one against gold, then those of self-distillation. */
  public int phases() {
    return 1 + distillationPhases;
  }

  /** Returns the target of a phase, counted from 0. */
  Target target(int phase) {
    if (phase == 0) {
      return Target.GOLD;
    }
    return denseDistillation ? Target.TEACHER_PROBABILITIES : Target.TEACHER_LABELS;
  }

  /** The settings as {@code engine/train.py} takes them. */
  double[] settings(int phase) {
    return Setting.values(
        setting ->
            switch (setting) {
              case WINDOW -> window;
              case CAUSAL -> causal ? 1 : 0;
              case COSINE -> cosine ? 1 : 0;
              case SQUASH ->
                  switch (normalization) {
                    case NONE -> 0;
                    case LOG_SIGMOID -> 1;
                    case ATAN -> 2;
                  };
              case POSITIVE_WEIGHT -> positiveWeight;
              case OWN_LABEL ->
                  pseudoLabels == 1
                      ? Double.POSITIVE_INFINITY
                      : Math.log(pseudoLabels / (1 - pseudoLabels));
              case TARGET -> target(phase).ordinal();
              case TEMPERATURE -> temperature;
              case TEACHER_THRESHOLD -> teacherThreshold;
              case CLIP -> clip;
              case BETA1 -> 0.9;
              case BETA2 -> 0.999;
              case EPSILON -> 1e-8;
              case DECAY -> weightDecay;
              case SELECTED -> dilation.selects() ? 1 : 0;
              case TENSORS -> layout.type().tensors();
              case DROPOUT -> dropout;
            });
  }
}
