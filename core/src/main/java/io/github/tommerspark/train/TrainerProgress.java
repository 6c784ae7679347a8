package io.github.tommerspark.train;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The progress of training, without the tensors: after an epoch, together with {@link
 * HeadTrainer#tensors}, all that is needed to go on.
 *
 * @param phase the next epoch belongs to
 * @param epoch of that phase which comes next, from 0
 * @param heads one per slot
 */
public record TrainerProgress(int phase, int epoch, List<HeadProgress> heads) {

  /**
   * The progress of a head.
   *
   * @param slot its layer and rank
   * @param steps it has made in this phase
   * @param schedule of its learning rate
   * @param finished whether its learning rate fell below the least one in this phase
   * @param best its best epoch of this phase; null before the first
   * @param curve of that epoch
   * @param history of all epochs
   */
  public record HeadProgress(
      HeadSlot slot,
      int steps,
      PlateauSchedule schedule,
      boolean finished,
      @Nullable EpochScores best,
      @Nullable DevCurve curve,
      List<EpochScores> history) {}
}
