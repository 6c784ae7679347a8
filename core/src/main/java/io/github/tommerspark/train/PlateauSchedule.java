package io.github.tommerspark.train;

import org.jspecify.annotations.Nullable;

/**
 * A learning rate that is halved when the loss no longer falls ({@code
 * torch.optim.lr_scheduler.ReduceLROnPlateau} with factor 0.5 and its other defaults).
 *
 * @param learningRate of the next step
 * @param best the lowest loss so far; null before the first step
 * @param badSteps steps since then
 */
public record PlateauSchedule(double learningRate, @Nullable Double best, int badSteps) {

  private static final double FACTOR = 0.5;

  /** The share of the best loss by which another must be lower to count. */
  private static final double THRESHOLD = 1e-4;

  /** Changes of the learning rate below this are not made. */
  private static final double EPSILON = 1e-8;

  /** The schedule at the beginning. */
  static PlateauSchedule begin(double learningRate) {
    return new PlateauSchedule(learningRate, null, 0);
  }

  /**
   * The schedule after a step.
   *
   * @param loss of the step
   * @param patience steps without a lower loss that are let pass
   */
  PlateauSchedule after(double loss, int patience) {
    if (best == null || loss < best * (1 - THRESHOLD)) {
      return new PlateauSchedule(learningRate, loss, 0);
    }
    if (badSteps < patience) {
      return new PlateauSchedule(learningRate, best, badSteps + 1);
    }
    double lower = learningRate * FACTOR;
    return new PlateauSchedule(learningRate - lower > EPSILON ? lower : learningRate, best, 0);
  }
}
