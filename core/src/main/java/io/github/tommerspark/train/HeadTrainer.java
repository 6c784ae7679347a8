package io.github.tommerspark.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.train.HeadScript.HeadStep;
import io.github.tommerspark.train.TrainerProgress.HeadProgress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trains the heads of a sweep on hidden states that are given to it, batch after batch. Every head
 * is on its own: its initial weights depend on the seed, its layer and its rank, and its steps on
 * the batches, so that it ends with the same weights, bit for bit, whatever heads are beside it.
 *
 * <p>Not thread-safe.
 */
public final class HeadTrainer implements AutoCloseable {

  /**
   * Settings that all heads of a sweep have in common.
   *
   * @param llmName the backbone, as heads record it
   * @param hiddenSize its width
   * @param bosAlways whether a beginning-of-sequence token stands before every text, whatever the
   *     tokenizer does
   */
  public record Origin(String llmName, int hiddenSize, boolean bosAlways) {}

  private final Origin origin;
  private final TrainingOptions options;
  private final HeadScript script;
  private final List<HeadInTraining> heads = new ArrayList<>();
  private final StateStatistics statistics;
  private int phase;
  private int epoch;

  /**
   * Heads with initial weights.
   *
   * @param heads of different layers or ranks
   * @param epochBatches batches of an epoch
   * @param device where to train
   */
  public HeadTrainer(
      List<HeadSlot> heads,
      Origin origin,
      TrainingOptions options,
      int epochBatches,
      Device device) {
    this.origin = origin;
    this.options = options;
    this.script = new HeadScript(device);
    int[] layers = heads.stream().mapToInt(HeadSlot::layer).distinct().sorted().toArray();
    this.statistics = new StateStatistics(layers.length, origin.hiddenSize());
    for (HeadSlot head : heads) {
      int tap = Arrays.binarySearch(layers, head.layer());
      this.heads.add(new HeadInTraining(head, tap, origin, options, epochBatches, script));
    }
  }

  /**
   * Returns whether hidden states must be {@linkplain #observe observed} before the first step or
   * score: boundary heads learn from standardised ones, since dimensions of very different sizes
   * make their steps fail.
   */
  public boolean observes() {
    return options.layout().type() == HeadType.BOUNDARY;
  }

  /**
   * Collects the mean and the spread of hidden states. A run that is resumed must observe the same
   * batches in the same order.
   *
   * @param batch the sequences
   * @param taps as for {@link #step}
   */
  public void observe(LabelledBatch batch, List<HiddenStates> taps) {
    for (int tap = 0; tap < taps.size(); tap++) {
      statistics.add(tap, taps.get(tap), batch);
    }
  }

  /** The phase that comes next or is under way, from 0. */
  public int phase() {
    return phase;
  }

  /** The epoch of the phase that comes next or is under way, from 0. */
  public int epoch() {
    return epoch;
  }

  /** Returns whether all phases are done. */
  public boolean isDone() {
    return phase == options.phases();
  }

  /**
   * Returns whether no head learns any more in this phase: all learning rates fell below the least
   * one.
   */
  public boolean isIdle() {
    return heads.stream().allMatch(HeadInTraining::isFinished);
  }

  /** The mean loss of the heads in the last step; NaN before the first and when all are idle. */
  public double lastLoss() {
    return heads.stream().mapToDouble(HeadInTraining::lastLoss).average().orElse(Double.NaN);
  }

  /** The learning rates of the next step, head after head. */
  double[] learningRates() {
    return heads.stream().mapToDouble(HeadInTraining::learningRate).toArray();
  }

  /**
   * One step of every head that still learns.
   *
   * @param batch the sequences
   * @param taps per layer of the heads, rising, its hidden states, (tokens × width) row by row
   * @throws ArithmeticException if a loss is not finite
   */
  public void step(LabelledBatch batch, List<HiddenStates> taps) {
    List<HeadInTraining> learning = heads.stream().filter(head -> !head.isFinished()).toList();
    if (learning.isEmpty()) {
      return;
    }
    try (PtNDManager call = script.newCall()) {
      NDList states = new NDList();
      NDList teachers = new NDList();
      List<HeadStep> steps = new ArrayList<>();
      for (HeadInTraining head : learning) {
        states.addAll(head.state());
        if (phase > 0) {
          teachers.addAll(head.teacher());
        }
        steps.add(new HeadStep(head.tap(), head.steps() + 1, head.learningRate(), head.noise()));
      }
      float[][] reports =
          script.step(
              call,
              arrays(call, batch, taps),
              batch,
              states,
              phase == 0 ? null : teachers,
              steps,
              options,
              phase);
      for (int i = 0; i < reports.length; i++) {
        learning.get(i).stepped(reports[i][0], reports[i][1]);
      }
    }
  }

  private NDList arrays(PtNDManager call, LabelledBatch batch, List<HiddenStates> taps) {
    NDList arrays = new NDList();
    for (int tap = 0; tap < taps.size(); tap++) {
      NDArray states = taps.get(tap).array(call, batch.tokens(), origin.hiddenSize());
      arrays.add(observes() ? statistics.standardised(tap, states, call) : states);
    }
    return arrays;
  }

  /**
   * Counts what every head finds in a batch of dev data, for the epoch under way.
   *
   * @param batch the sequences
   * @param taps as for {@link #step}
   */
  public void score(LabelledBatch batch, List<HiddenStates> taps) {
    try (PtNDManager call = script.newCall()) {
      NDList parameters = new NDList();
      for (HeadInTraining head : heads) {
        parameters.addAll(head.parameters());
      }
      long[][][] counts =
          script.histogram(
              call,
              arrays(call, batch, taps),
              batch,
              parameters,
              heads.stream().mapToInt(HeadInTraining::tap).toArray(),
              DevCurve.thresholds(),
              options);
      for (int i = 0; i < counts.length; i++) {
        heads.get(i).count(counts[i]);
      }
    }
  }

  /**
   * Scores a batch of dev data with the heads that were kept, for their calibration, curves and
   * thresholds. To be called for all batches when training is done, and before {@link #heads}.
   *
   * @param batch the sequences
   * @param taps as for {@link #step}
   */
  public void examine(LabelledBatch batch, List<HiddenStates> taps) {
    try (PtNDManager call = script.newCall()) {
      NDList arrays = arrays(call, batch, taps);
      for (HeadInTraining head : heads) {
        head.examined()
            .add(
                script.devLogits(
                    call,
                    (PtNDArray) arrays.get(head.tap()),
                    batch,
                    head.kept(),
                    DevScores.FLOOR,
                    options));
      }
    }
  }

  /**
   * Ends an epoch: heads that are better than before on the dev data are kept, and at the end of a
   * phase the best ones go on, as teachers and as pupils.
   *
   * @param gold mentions of the dev data in all
   * @return per head, in order, what it reached
   */
  public List<EpochScores> endEpoch(long gold) {
    List<EpochScores> scores = new ArrayList<>();
    for (HeadInTraining head : heads) {
      scores.add(head.endEpoch(phase, epoch, gold));
    }
    epoch++;
    if (epoch == options.epochs() || isIdle()) {
      phase++;
      epoch = 0;
      if (!isDone()) {
        heads.forEach(head -> head.beginPhase(phase));
      }
    }
    return scores;
  }

  /**
   * The heads as they were at the best epoch of this phase, calibrated, with their thresholds.
   *
   * @param gold mentions of the dev data in all
   * @throws IllegalStateException if no epoch of the phase is over, or nothing was examined
   */
  public List<TrainedHead> heads(long gold) {
    return heads.stream().map(head -> head.trained(gold, observed(head))).toList();
  }

  private Optional<Standardization> observed(HeadInTraining head) {
    return observes() ? Optional.of(statistics.of(head.tap())) : Optional.empty();
  }

  /** Returns the progress of training; meaningful between epochs. */
  public TrainerProgress progress() {
    return new TrainerProgress(phase, epoch, heads.stream().map(HeadInTraining::progress).toList());
  }

  /** All tensors of all heads by name; meaningful between epochs. */
  public Map<String, FloatTensor> tensors() {
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    for (HeadInTraining head : heads) {
      head.named()
          .forEach(
              (name, array) ->
                  tensors.put(
                      name, new FloatTensor(array.getShape().getShape(), array.toFloatArray())));
    }
    return tensors;
  }

  /** Gives the values of a tensor by its name. */
  @FunctionalInterface
  public interface TensorSource {
    /** The values, in row-major order. */
    float[] values(String name) throws IOException;
  }

  /**
   * Goes back to where another trainer of the same heads and options was.
   *
   * @param progress its progress
   * @param tensors its tensors
   * @throws IOException if a tensor cannot be read
   * @throws IllegalArgumentException if its heads were others
   */
  public void restore(TrainerProgress progress, TensorSource tensors) throws IOException {
    List<HeadSlot> there = progress.heads().stream().map(HeadProgress::slot).toList();
    List<HeadSlot> here = heads.stream().map(HeadInTraining::slot).toList();
    if (!there.equals(here)) {
      throw new IllegalArgumentException(
          "the heads there are %s, and %s now"
              .formatted(
                  there.stream().map(HeadSlot::label).toList(),
                  here.stream().map(HeadSlot::label).toList()));
    }
    phase = progress.phase();
    epoch = progress.epoch();
    for (int i = 0; i < heads.size(); i++) {
      heads.get(i).restore(progress.heads().get(i), tensors);
    }
  }

  @Override
  public void close() {
    script.close();
  }
}
