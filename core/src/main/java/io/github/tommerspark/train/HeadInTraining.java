package io.github.tommerspark.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.train.TrainerProgress.HeadProgress;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One head of a sweep and all that belongs to it: its parameters and their moments, its teacher,
 * the best it has been, its learning rate and its scores.
 */
final class HeadInTraining {

  private final HeadSlot slot;
  private final int tap;
  private final HeadTrainer.Origin origin;
  private final TrainingOptions options;
  private final long epochBatches;
  private final HeadScript script;

  /** Parameters, first moments, second moments. */
  private NDList state;

  private NDList teacher;
  private NDList kept;
  private int steps;
  private PlateauSchedule schedule;
  private boolean finished;
  private @Nullable EpochScores best;
  private @Nullable DevCurve curve;
  private final List<EpochScores> history = new ArrayList<>();
  private final DevScores examined = new DevScores();

  private double lastLoss = Double.NaN;
  private double losses;
  private double norms;
  private int epochSteps;
  private long @Nullable [][] counts;

  /**
   * A head with initial weights.
   *
   * @param tap index of its layer in the hidden states of a step
   * @param epochBatches batches of an epoch
   * @param script makes and keeps its tensors
   */
  HeadInTraining(
      HeadSlot slot,
      int tap,
      HeadTrainer.Origin origin,
      TrainingOptions options,
      long epochBatches,
      HeadScript script) {
    this.slot = slot;
    this.tap = tap;
    this.origin = origin;
    this.options = options;
    this.epochBatches = epochBatches;
    this.script = script;
    this.schedule = PlateauSchedule.begin(options.learningRate());
    this.state = fresh(0);
    this.teacher = copied(parameters());
    this.kept = copied(parameters());
  }

  /** Its layer and rank. */
  HeadSlot slot() {
    return slot;
  }

  /** Index of its layer in the hidden states of a step. */
  int tap() {
    return tap;
  }

  /** Steps that it has made in this phase. */
  int steps() {
    return steps;
  }

  /** Returns whether it learns no more in this phase. */
  boolean isFinished() {
    return finished;
  }

  /** The loss of its last step; NaN before the first. */
  double lastLoss() {
    return lastLoss;
  }

  /** Parameters, first moments, second moments. */
  NDList state() {
    return state;
  }

  /** Parameters of the teacher. */
  NDList teacher() {
    return teacher;
  }

  /** Parameters as they were at the best epoch of this phase. */
  NDList kept() {
    return kept;
  }

  /** Scores of dev data with the parameters that were kept, for the calibration. */
  DevScores examined() {
    return examined;
  }

  /** The parameters as they are now. */
  NDList parameters() {
    return new NDList(state.subList(0, options.layout().type().tensors()));
  }

  /** The learning rate of the next step. */
  double learningRate() {
    return options.schedule() == Schedule.ONE_CYCLE
        ? Schedule.oneCycle(options.learningRate(), steps, epochBatches * options.epochs())
        : schedule.learningRate();
  }

  /** A seed of the next step's dropout. */
  int noise() {
    return random(steps).nextInt(1 << 20);
  }

  /** Numbers of its own for every head, whatever is trained beside it. */
  private Random random(int turn) {
    return new Random(((options.seed() * 31 + slot.layer()) * 1_000_003 + slot.rank()) * 31 + turn);
  }

  private NDList fresh(int restart) {
    Random random = random(restart);
    PtNDManager owner = script.memory();
    int width = origin.hiddenSize();
    return withMoments(
        options.layout().type() == HeadType.BOUNDARY
            ? InitialWeights.boundary(
                owner, random, width, slot.rank(), options.layout(), options.window())
            : InitialWeights.published(owner, random, width, slot.rank()));
  }

  private NDList withMoments(NDList parameters) {
    NDList all = new NDList(parameters);
    all.addAll(HeadScript.zerosLike(parameters));
    all.addAll(HeadScript.zerosLike(parameters));
    return all;
  }

  private NDList copied(NDList tensors) {
    NDList copies = new NDList();
    tensors.forEach(tensor -> copies.add(tensor.duplicate()));
    return copies;
  }

  /**
   * Takes note of a step that was made.
   *
   * @throws ArithmeticException if a number is not finite
   */
  void stepped(float loss, float norm) {
    if (!Float.isFinite(loss) || !Float.isFinite(norm)) {
      throw new ArithmeticException(
          String.format(
              Locale.ROOT,
              "The loss of head %s is %s and its gradient's norm %s at step %d: lower --learning-rate, or set --clip",
              slot.label(),
              loss,
              norm,
              steps + 1));
    }
    steps++;
    epochSteps++;
    losses += loss;
    norms += norm;
    lastLoss = loss;
    schedule = schedule.after(loss, options.patience());
    finished =
        options.schedule() == Schedule.PLATEAU
            && schedule.learningRate() < options.minLearningRate();
  }

  /**
   * Adds counts of spans by their scores to those of the epoch, as {@link DevCurve#of} takes them.
   */
  void count(long[][] more) {
    if (counts == null) {
      counts = more;
      return;
    }
    for (int kind = 0; kind < counts.length; kind++) {
      for (int i = 0; i < counts[kind].length; i++) {
        counts[kind][i] += more[kind][i];
      }
    }
  }

  /**
   * Ends an epoch, and keeps the parameters if they are better than those before.
   *
   * @param gold mentions of the dev data in all
   */
  EpochScores endEpoch(int phase, int epoch, long gold) {
    DevCurve reached =
        DevCurve.of(counts == null ? new long[2][DevCurve.thresholds().length + 1] : counts, gold);
    SpanScores published = reached.published().scores();
    EpochScores scores =
        new EpochScores(
            phase,
            epoch,
            epochSteps,
            epochSteps == 0 ? 0 : losses / epochSteps,
            epochSteps == 0 ? 0 : norms / epochSteps,
            learningRate(),
            published.precision(),
            published.recall(),
            published.f1(),
            reached.best().scores().f1(),
            reached.best().threshold());
    history.add(scores);
    if (best == null || scores.bestF1() > best.bestF1()) {
      best = scores;
      curve = reached;
      replace(kept, parameters());
    }
    counts = null;
    losses = 0;
    norms = 0;
    epochSteps = 0;
    return scores;
  }

  /** Begins a phase, with the best of the one before as the teacher. */
  void beginPhase(int phase) {
    replace(teacher, kept);
    NDList next = options.resetStudent() ? fresh(phase) : withMoments(copied(kept));
    state.forEach(NDArray::close);
    state = next;
    steps = 0;
    schedule = PlateauSchedule.begin(options.learningRate());
    finished = false;
    best = null;
    curve = null;
  }

  private void replace(NDList tensors, NDList by) {
    for (int i = 0; i < tensors.size(); i++) {
      by.get(i).copyTo(tensors.get(i));
    }
  }

  /**
   * The head as it was at its best, calibrated on what was examined.
   *
   * @param gold mentions of the dev data in all
   * @param observed of the hidden states that it learnt from; empty if they were not standardised
   * @throws IllegalStateException if no epoch of the phase is over
   */
  TrainedHead trained(long gold, Optional<Standardization> observed) {
    if (best == null) {
      throw new IllegalStateException("No epoch of this phase is over");
    }
    Calibration calibration = examined.calibration();
    DevCurve calibrated = examined.curve(calibration, gold);
    HeadAdditions additions =
        new HeadAdditions(
            origin.bosAlways(),
            options.layout().wordBoundaries(),
            DevScores.thresholds(calibrated),
            calibration);
    List<float[]> parameters = HeadScript.values(kept);
    observed.ifPresent(spread -> spread.undo(parameters.get(0), parameters.get(1)));
    return new TrainedHead(
        slot,
        Head.of(config(additions), origin.hiddenSize(), parameters),
        best,
        calibrated,
        examined.reliability(calibration),
        List.copyOf(history));
  }

  private HeadConfig config(HeadAdditions additions) {
    if (options.layout().type() == HeadType.BOUNDARY) {
      return HeadConfig.boundary(
          origin.llmName(), slot.layer(), slot.rank(), options.window(), additions);
    }
    return new HeadConfig(
        HeadType.PUBLISHED,
        origin.llmName(),
        slot.layer(),
        slot.rank(),
        options.causal(),
        options.window(),
        options.cosine(),
        options.normalization(),
        additions);
  }

  /** Returns the progress of this head; meaningful between epochs. */
  HeadProgress progress() {
    return new HeadProgress(slot, steps, schedule, finished, best, curve, List.copyOf(history));
  }

  /** All tensors by name. */
  Map<String, NDArray> named() {
    Map<String, NDArray> named = new LinkedHashMap<>();
    for (int i = 0; i < state.size(); i++) {
      named.put(String.format(Locale.ROOT, "%s.state.%d", slot.label(), i), state.get(i));
    }
    for (int i = 0; i < kept.size(); i++) {
      named.put(String.format(Locale.ROOT, "%s.kept.%d", slot.label(), i), kept.get(i));
      named.put(String.format(Locale.ROOT, "%s.teacher.%d", slot.label(), i), teacher.get(i));
    }
    return named;
  }

  /** Goes back to where the head of another trainer was. */
  void restore(HeadProgress progress, HeadTrainer.TensorSource tensors) throws IOException {
    for (Map.Entry<String, NDArray> tensor : named().entrySet()) {
      tensor.getValue().set(FloatBuffer.wrap(tensors.values(tensor.getKey())));
    }
    steps = progress.steps();
    schedule = progress.schedule();
    finished = progress.finished();
    best = progress.best();
    curve = progress.curve();
    history.clear();
    history.addAll(progress.history());
  }
}
