package io.github.tommerspark.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.head.BoundaryHead;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.train.HeadScript.HeadStep;
import io.github.tommerspark.train.TrainerProgress.HeadProgress;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

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
  private final List<Slot> slots = new ArrayList<>();
  private final int[] layers;
  private final long epochBatches;
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
    this.epochBatches = epochBatches;
    this.script = new HeadScript(device);
    this.layers = heads.stream().mapToInt(HeadSlot::layer).distinct().sorted().toArray();
    this.statistics = new StateStatistics(layers.length, origin.hiddenSize());
    for (HeadSlot head : heads) {
      slots.add(new Slot(head));
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
    return slots.stream().allMatch(slot -> slot.finished);
  }

  /** The mean loss of the heads in the last step; NaN before the first and when all are idle. */
  public double lastLoss() {
    return slots.stream().mapToDouble(slot -> slot.lastLoss).average().orElse(Double.NaN);
  }

  /** The learning rates of the next step, head after head. */
  double[] learningRates() {
    return slots.stream().mapToDouble(Slot::learningRate).toArray();
  }

  /**
   * One step of every head that still learns.
   *
   * @param batch the sequences
   * @param taps per layer of the heads, rising, its hidden states, (tokens × width) row by row
   * @throws ArithmeticException if a loss is not finite
   */
  public void step(LabelledBatch batch, List<HiddenStates> taps) {
    List<Slot> learning = slots.stream().filter(slot -> !slot.finished).toList();
    if (learning.isEmpty()) {
      return;
    }
    try (PtNDManager call = script.newCall()) {
      NDList states = new NDList();
      NDList teachers = phase == 0 ? null : new NDList();
      List<HeadStep> steps = new ArrayList<>();
      for (Slot slot : learning) {
        states.addAll(slot.state);
        if (phase > 0) {
          teachers.addAll(slot.teacher);
        }
        steps.add(new HeadStep(slot.tap, slot.steps + 1, slot.learningRate(), slot.noise()));
      }
      float[][] reports =
          script.step(
              call, arrays(call, batch, taps), batch, states, teachers, steps, options, phase);
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
      for (Slot slot : slots) {
        parameters.addAll(slot.parameters());
      }
      long[][][] counts =
          script.histogram(
              call,
              arrays(call, batch, taps),
              batch,
              parameters,
              slots.stream().mapToInt(slot -> slot.tap).toArray(),
              DevCurve.thresholds(),
              options);
      for (int i = 0; i < counts.length; i++) {
        slots.get(i).count(counts[i]);
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
      for (Slot slot : slots) {
        slot.examined.add(
            script.devLogits(
                call,
                (PtNDArray) arrays.get(slot.tap),
                batch,
                slot.kept,
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
    for (Slot slot : slots) {
      scores.add(slot.endEpoch(gold));
    }
    epoch++;
    if (epoch == options.epochs() || isIdle()) {
      phase++;
      epoch = 0;
      if (!isDone()) {
        slots.forEach(Slot::beginPhase);
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
    return slots.stream().map(slot -> slot.trained(gold)).toList();
  }

  /** Returns the progress of training; meaningful between epochs. */
  public TrainerProgress progress() {
    return new TrainerProgress(phase, epoch, slots.stream().map(Slot::progress).toList());
  }

  /** All tensors of all heads by name; meaningful between epochs. */
  public Map<String, FloatTensor> tensors() {
    Map<String, FloatTensor> tensors = new LinkedHashMap<>();
    for (Slot slot : slots) {
      slot.named()
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
    List<HeadSlot> here = slots.stream().map(slot -> slot.slot).toList();
    if (!there.equals(here)) {
      throw new IllegalArgumentException(
          "the heads there are %s, and %s now"
              .formatted(
                  there.stream().map(HeadSlot::label).toList(),
                  here.stream().map(HeadSlot::label).toList()));
    }
    phase = progress.phase();
    epoch = progress.epoch();
    for (int i = 0; i < slots.size(); i++) {
      slots.get(i).restore(progress.heads().get(i), tensors);
    }
  }

  @Override
  public void close() {
    script.close();
  }

  /** One head and all that belongs to it. */
  private final class Slot {
    private final HeadSlot slot;
    private final int tap;

    /** Parameters, first moments, second moments. */
    private NDList state;

    private NDList teacher;
    private NDList kept;
    private int steps;
    private PlateauSchedule schedule = PlateauSchedule.begin(options.learningRate());
    private boolean finished;
    private EpochScores best;
    private DevCurve curve;
    private final List<EpochScores> history = new ArrayList<>();
    private final DevScores examined = new DevScores();

    private double lastLoss = Double.NaN;
    private double losses;
    private double norms;
    private int epochSteps;
    private long[][] counts;

    Slot(HeadSlot slot) {
      this.slot = slot;
      this.tap = Arrays.binarySearch(layers, slot.layer());
      this.state = fresh(0);
      this.teacher = copied(parameters());
      this.kept = copied(parameters());
    }

    private NDList parameters() {
      return new NDList(state.subList(0, options.layout().type().tensors()));
    }

    private double learningRate() {
      return options.schedule() == Schedule.ONE_CYCLE
          ? Schedule.oneCycle(options.learningRate(), steps, epochBatches * options.epochs())
          : schedule.learningRate();
    }

    /** A seed of the next step's dropout. */
    private int noise() {
      return random(steps).nextInt(1 << 20);
    }

    /** Numbers of its own for every head, whatever is trained beside it. */
    private Random random(int turn) {
      return new Random(
          ((options.seed() * 31 + slot.layer()) * 1_000_003 + slot.rank()) * 31 + turn);
    }

    private NDList fresh(int restart) {
      Random random = random(restart);
      return withMoments(
          options.layout().type() == HeadType.BOUNDARY ? boundary(random) : published(random));
    }

    /** Initial weights of a boundary head: linear layers as torch.nn.Linear draws them. */
    private NDList boundary(Random random) {
      int width = origin.hiddenSize();
      int rank = slot.rank();
      int token = options.layout().tokenSize();
      int size = options.layout().embeddingSize();
      int shares = BoundaryHead.CONTEXT * size;
      int probes = BoundaryHead.PROBES + options.layout().insideProbes();
      float[] inside = InitialWeights.normal(random, 2 * options.layout().insideProbes());
      for (int i = 0; i < inside.length; i++) {
        inside[i] *= 0.1f;
      }
      // Few spans are mentions.
      float[] length = new float[options.window() + 1];
      Arrays.fill(length, -3);
      PtNDManager owner = script.memory();
      return new NDList(
          owner.create(
              InitialWeights.linear(random, token * width, width), new Shape(token, width)),
          owner.create(InitialWeights.linear(random, token, width)),
          owner.create(
              InitialWeights.linear(random, shares * token, token), new Shape(shares, token)),
          owner.create(InitialWeights.linear(random, shares, token)),
          owner.create(InitialWeights.linear(random, size * rank, size), new Shape(size, rank)),
          owner.create(InitialWeights.linear(random, size * rank, size), new Shape(size, rank)),
          owner.create(InitialWeights.linear(random, probes * size, size), new Shape(probes, size)),
          owner.create(InitialWeights.linear(random, probes, size)),
          owner.create(inside, new Shape(2, inside.length / 2)),
          owner.create(length),
          owner.create(new float[BoundaryHead.RIVALS]));
    }

    /**
     * Initial weights of a published head (upstream {@code ToMMeR.__post_init__}): projections from
     * a normal distribution, the value weight and its bias as torch.nn.Linear draws them, features
     * 1.
     */
    private NDList published(Random random) {
      int width = origin.hiddenSize();
      int rank = slot.rank();
      PtNDManager owner = script.memory();
      return new NDList(
          owner.create(InitialWeights.normal(random, width * rank), new Shape(width, rank)),
          owner.create(InitialWeights.normal(random, width * rank), new Shape(width, rank)),
          owner.create(InitialWeights.linear(random, width, width), new Shape(1, width)),
          owner.create(InitialWeights.linear(random, 1, width)),
          owner.create(new float[] {1, 1, 1, 1, 1}));
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

    private void stepped(float loss, float norm) {
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

    private void count(long[][] more) {
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

    private EpochScores endEpoch(long gold) {
      DevCurve reached =
          DevCurve.of(
              counts == null ? new long[2][DevCurve.thresholds().length + 1] : counts, gold);
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

    private void beginPhase() {
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

    private TrainedHead trained(long gold) {
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
      if (observes()) {
        statistics.of(tap).undo(parameters.get(0), parameters.get(1));
      }
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

    private HeadProgress progress() {
      return new HeadProgress(slot, steps, schedule, finished, best, curve, List.copyOf(history));
    }

    private Map<String, NDArray> named() {
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

    private void restore(HeadProgress progress, TensorSource tensors) throws IOException {
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
}
