package io.github.tommerspark.jobs.train;

import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.train.Dilation;
import io.github.tommerspark.train.Schedule;
import io.github.tommerspark.train.TrainingOptions;
import picocli.CommandLine.Option;

/** Options of how heads learn. */
final class LearningOptions {

  private static final String BALANCED = "balanced";

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the data in each phase (default: 8; 6 for boundary heads).")
  private Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Documents of a step (default: 16; 32 for boundary heads).")
  private Integer batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description =
          "AdamW's learning rate, the highest of a phase (default: 0.01; 0.003 for boundary heads).")
  private Double learningRate;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "plateau halves the learning rate when the loss no longer falls; one-cycle lets it rise over a tenth of the steps and fall to 0 along a cosine (default: plateau; one-cycle for boundary heads).")
  private String schedule;

  @Option(
      names = "--min-learning-rate",
      paramLabel = "X",
      defaultValue = "5e-5",
      description = "A head's phase ends when its rate falls below (default: ${DEFAULT-VALUE}).")
  private double minLearningRate;

  @Option(
      names = "--patience",
      paramLabel = "N",
      defaultValue = "5000",
      description =
          "Steps without a lower loss before the rate is halved (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--clip",
      paramLabel = "X",
      defaultValue = "1.0",
      description =
          "Largest norm of a head's gradients; 0 is no limit (default: ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      defaultValue = "1e-4",
      description = "AdamW's decoupled weight decay (default: ${DEFAULT-VALUE}).")
  private double weightDecay;

  @Option(
      names = "--positive-weight",
      paramLabel = "X",
      description =
          "Weight of gold spans in the loss: balanced, so that in every batch they weigh as much as all others, or a number (default: balanced; 1 for boundary heads).")
  private String positiveWeight;

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Share of the numbers per token of boundary heads that are dropped in a step (default: 0.2).")
  private Double dropout;

  @Option(
      names = "--dilation",
      paramLabel = "D[,E]",
      description =
          "Count in the loss only spans near gold ones: D from 1 on, those that begin or end within D tokens of one; 0, those with the end of one; D,E, those whose start is within D tokens of its start and whose end within E of its end (default: all spans).")
  private String dilation;

  @Option(
      names = "--pseudo-labels",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Probability above which a head's own score is the label; 1 is never (default: ${DEFAULT-VALUE}).")
  private double pseudoLabels;

  @Option(
      names = "--distillation-phases",
      paramLabel = "N",
      description =
          "Phases after the first, in which a head learns from itself and the gold spans (default: 1; 0 for boundary heads).")
  private Integer distillationPhases;

  @Option(
      names = "--teacher-threshold",
      paramLabel = "P",
      defaultValue = "0.9",
      description =
          "Probability above which the teacher's spans are labels (default: ${DEFAULT-VALUE}).")
  private double teacherThreshold;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "1",
      description = "Divides the logits of teacher and student (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--dense-distillation",
      description = "Learn the teacher's probabilities instead of labels.")
  private boolean denseDistillation;

  @Option(
      names = "--reset-student",
      description = "Begin distillation phases with new weights instead of the teacher's.")
  private boolean resetStudent;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of initial weights and the order of documents (default: ${DEFAULT-VALUE}).")
  private long seed;

  /**
   * Returns all settings of training.
   *
   * @param heads the shape of heads, on which defaults depend
   * @throws IllegalArgumentException if an option has no value that it can have
   */
  TrainingOptions training(HeadOptions heads) {
    boolean boundary = heads.type() == HeadType.BOUNDARY;
    return new TrainingOptions(
        heads.window(),
        heads.causal(),
        heads.cosine(),
        heads.normalization(),
        or(epochs, boundary ? 6 : 8),
        or(batch, boundary ? 32 : 16),
        or(learningRate, boundary ? 3e-3 : 1e-2),
        minLearningRate,
        patience,
        clip,
        weightDecay,
        weight(or(positiveWeight, boundary ? "1" : BALANCED)),
        pseudoLabels,
        dilation == null
            ? Dilation.NONE
            : new Dilation(TrainCommand.wholeNumbers("--dilation", dilation)),
        or(distillationPhases, boundary ? 0 : 1),
        teacherThreshold,
        temperature,
        denseDistillation,
        resetStudent,
        seed,
        heads.layout(),
        or(dropout, boundary ? 0.2 : 0.0),
        schedule != null
            ? Schedule.parse(schedule)
            : boundary ? Schedule.ONE_CYCLE : Schedule.PLATEAU);
  }

  private static <T> T or(T given, T otherwise) {
    return given != null ? given : otherwise;
  }

  private static double weight(String positiveWeight) {
    if (positiveWeight.equals(BALANCED)) {
      return 0;
    }
    try {
      double weight = Double.parseDouble(positiveWeight);
      if (weight > 0) {
        return weight;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "--positive-weight must be balanced or a number above 0, but is " + positiveWeight);
  }
}
