package io.github.tommerspark.train;

import ai.djl.Device;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.train.LabelExamples.Example;
import io.github.tommerspark.train.LabelScript.Batch;
import io.github.tommerspark.train.LabelScript.Rows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Trains a label model on a frozen detector and backbone. */
public final class LabelTrainer {

  /** Mentions whose directions the model keeps for priors. */
  private static final int SAMPLE = 1024;

  /** Labels that a held-out mention's own type is to be told from. */
  private static final int OTHER_LABELS = 19;

  /** Labels asked for when probabilities are calibrated. */
  private static final int CALIBRATION_LABELS = 20;

  /** Cosine of standardised states above which labels mean nearly the same. */
  private static final double NEAR = 0.75;

  /** In a step, one of so many labels is read in another wording. */
  private static final int OTHER_WORDINGS = 3;

  /** The first value of the scale. */
  private static final double SCALE = 10;

  private final LabelExamples train;
  private final LabelExamples dev;
  private final LabelModelConfig config;
  private final LabelOptions options;

  /** Null to begin anew. */
  private final @Nullable LabelModel initial;

  private final Standardization spans;
  private final Standardization states;
  private final float[] labelStates;

  /** Of every label the states of its other wordings, standardised. */
  private final List<List<float[]>> otherStates;

  /** Of the labels, then of dev types that are none of them. */
  private final Map<String, Integer> scored = new LinkedHashMap<>();

  private final float[] scoredStates;
  private final int[] sampled;

  /**
   * The scores of an epoch.
   *
   * @param epoch its number from 1
   * @param loss mean over its steps
   * @param accuracy share of dev mentions whose own type is the label that they get among that type
   *     and 19 other labels, drawn at random
   */
  public record Epoch(int epoch, double loss, double accuracy) {}

  /**
   * The result of training.
   *
   * @param model without labels
   * @param epochs all of them; the model is that of the last
   * @param reliability the relation of the probability of the label that a dev mention gets to the
   *     share of those that fit; without dev mentions the model is not calibrated
   */
  public record Result(LabelModel model, List<Epoch> epochs, Reliability reliability) {}

  private LabelTrainer(
      LabelExamples train,
      LabelExamples dev,
      LabelModelConfig config,
      LabelOptions options,
      Map<String, float[]> stateOf,
      @Nullable LabelModel initial) {
    this.initial = initial;
    this.train = train;
    this.dev = dev;
    this.config = config;
    this.options = options;
    this.spans = train.standardization();
    List<String> labels = train.vocabulary().labels();
    Standardization.Statistics statistics = new Standardization.Statistics(config.hiddenSize());
    labels.forEach(label -> statistics.add(Objects.requireNonNull(stateOf.get(label), label)));
    // The labels' side of a model that goes on is not touched; a few labels say little of states.
    this.states =
        initial == null ? statistics.standardization() : Standardization.none(config.hiddenSize());
    labels.forEach(label -> scored.put(label, scored.size()));
    dev.types().forEach(type -> scored.putIfAbsent(type, scored.size()));
    this.scoredStates = flat(scored.keySet().stream().map(stateOf::get).toList());
    states.apply(scoredStates);
    this.labelStates = Arrays.copyOf(scoredStates, labels.size() * config.hiddenSize());
    this.otherStates = labels.stream().map(label -> others(label, stateOf)).toList();
    int[] gold = train.gold();
    int size = Math.min(SAMPLE, gold.length);
    this.sampled =
        IntStream.range(0, size).map(i -> gold[(int) ((long) i * gold.length / size)]).toArray();
  }

  private List<float[]> others(String label, Map<String, float[]> stateOf) {
    List<float[]> others = new ArrayList<>();
    for (String wording : Wordings.of(label)) {
      float[] state = stateOf.get(wording);
      if (!wording.equals(label) && state != null) {
        float[] standardised = state.clone();
        states.apply(standardised);
        others.add(standardised);
      }
    }
    return others;
  }

  /** The states of all labels, of a third of them in another wording. */
  private float[] worded(Random random) {
    float[] worded = labelStates.clone();
    for (int label = 0; label < otherStates.size(); label++) {
      List<float[]> others = otherStates.get(label);
      if (!others.isEmpty() && random.nextInt(OTHER_WORDINGS) == 0) {
        float[] state = others.get(random.nextInt(others.size()));
        System.arraycopy(state, 0, worded, label * state.length, state.length);
      }
    }
    return worded;
  }

  /**
   * Trains.
   *
   * @param train what to learn from
   * @param dev what to report accuracy on
   * @param config settings of the model
   * @param options how to train
   * @param states mean states of the tokens of all labels and of the types of dev, and of other
   *     {@link Wordings} of labels, by their text
   * @param initial a model to go on from, of the same sizes; null to begin anew. Its labels' side,
   *     which knows more labels than {@code train}, and its calibration stay
   * @param device where to train
   * @param listener hears of every epoch
   * @throws IOException if examples cannot be read back
   * @throws IllegalArgumentException if there are no examples
   */
  public static Result train(
      LabelExamples train,
      LabelExamples dev,
      LabelModelConfig config,
      LabelOptions options,
      Map<String, float[]> states,
      @Nullable LabelModel initial,
      Device device,
      Consumer<Epoch> listener)
      throws IOException {
    if (train.goldSpans() == 0 || train.vocabulary().labels().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot train a label model: no mention of the training data has a type");
    }
    return new LabelTrainer(train, dev, config, options, states, initial).run(device, listener);
  }

  private Result run(Device device, Consumer<Epoch> listener) throws IOException {
    Random random = new Random(options.seed());
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < train.examples().size(); i++) {
      if (train.examples().get(i).isGold() || options.otherSpans() > 0) {
        order.add(i);
      }
    }
    int labels = train.vocabulary().labels().size();
    long steps = (long) options.epochs() * ((order.size() + options.batch() - 1) / options.batch());
    try (LabelScript script =
        new LabelScript(device, parameters(random), labelStates, labels, train.known())) {
      // Gold data of one domain tell the like apart.
      List<int[]> near =
          initial == null ? script.near(NEAR) : Collections.nCopies(labels, new int[0]);
      List<Epoch> epochs = new ArrayList<>();
      for (int number = 1; number <= options.epochs(); number++) {
        Collections.shuffle(order, random);
        double sum = 0;
        int batches = 0;
        for (int from = 0; from < order.size(); from += options.batch()) {
          List<Integer> rows = order.subList(from, Math.min(order.size(), from + options.batch()));
          sum += script.step(batch(rows, near), worded(random), options, steps, initial != null);
          batches++;
        }
        Epoch epoch = new Epoch(number, sum / batches, accuracy(script));
        epochs.add(epoch);
        listener.accept(epoch);
      }
      float[] sample = sample(script);
      Reliability reliability = reliability(script, sample);
      return new Result(model(script, sample, reliability.calibration()), epochs, reliability);
    }
  }

  private Batch batch(List<Integer> rows, List<int[]> near) throws IOException {
    int size = rows.size();
    float[] weights = new float[size];
    long[] sets = new long[size];
    Cells fitting = new Cells();
    Cells close = new Cells();
    for (int row = 0; row < size; row++) {
      Example example = train.examples().get(rows.get(row));
      weights[row] = example.isGold() ? 1 : (float) options.otherSpans();
      sets[row] = example.set();
      for (int label : example.fitting()) {
        fitting.add(row, label);
        for (int other : near.get(label)) {
          close.add(row, other);
        }
      }
    }
    int[] indices = rows.stream().mapToInt(Integer::intValue).toArray();
    return new Batch(
        train.vectors(indices, spans), weights, sets, fitting.packed(), close.packed());
  }

  /** Cells of a matrix. */
  private static final class Cells {
    private long[] rows = new long[1024];
    private long[] columns = new long[1024];
    private int size;

    void add(int row, int column) {
      if (size == rows.length) {
        rows = Arrays.copyOf(rows, 2 * size);
        columns = Arrays.copyOf(columns, 2 * size);
      }
      rows[size] = row;
      columns[size++] = column;
    }

    /** Rows, then columns. */
    long[] packed() {
      long[] packed = Arrays.copyOf(rows, 2 * size);
      System.arraycopy(columns, 0, packed, size, size);
      return packed;
    }
  }

  private float[] sample(LabelScript script) throws IOException {
    return script.directions(train.vectors(sampled, spans), sampled.length);
  }

  /** As {@link Epoch#accuracy}; 0 without dev mentions. */
  private double accuracy(LabelScript script) throws IOException {
    int[] gold = dev.gold();
    if (gold.length == 0) {
      return 0;
    }
    Rows rows =
        script.rows(
            scoredStates, scored.size(), sample(script), sampled.length, config.priorExponent());
    List<String> labels = train.vocabulary().labels();
    Random random = new Random(1);
    int right = 0;
    for (int from = 0; from < gold.length; from += options.batch()) {
      int[] part = Arrays.copyOfRange(gold, from, Math.min(gold.length, from + options.batch()));
      float[] directions = script.directions(dev.vectors(part, spans), part.length);
      for (int i = 0; i < part.length; i++) {
        Example example = dev.examples().get(part[i]);
        int ownLabel = Objects.requireNonNull(scored.get(example.types().get(0)));
        double own = score(rows, directions, i, ownLabel);
        boolean best = true;
        int others = Math.min(OTHER_LABELS, labels.size() / 2);
        for (int drawn = 0; drawn < others; ) {
          int label = random.nextInt(labels.size());
          if (!example.names().contains(labels.get(label))) {
            best &= score(rows, directions, i, label) < own;
          }
          drawn++;
        }
        right += best ? 1 : 0;
      }
    }
    return (double) right / gold.length;
  }

  /**
   * Calibrates probabilities on the dev mentions: each is asked for labels that are drawn as often
   * as training mentions have them, whether they fit it or not, as somebody would ask who does not
   * know it.
   */
  private Reliability reliability(LabelScript script, float[] sample) throws IOException {
    int[] gold = dev.gold();
    List<String> labels = train.vocabulary().labels();
    int[] drawn = train.gold();
    Rows rows =
        script.rows(labelStates, labels.size(), sample, sampled.length, config.priorExponent());
    Random random = new Random(2);
    DevScores scores = new DevScores();
    int batch = (gold.length + DevScores.FOLDS - 1) / DevScores.FOLDS;
    for (int from = 0; from < gold.length; from += batch) {
      int[] part = Arrays.copyOfRange(gold, from, Math.min(gold.length, from + batch));
      float[] directions = script.directions(dev.vectors(part, spans), part.length);
      float[] logits = new float[part.length];
      byte[] fits = new byte[part.length];
      int scored = 0;
      for (int i = 0; i < part.length; i++) {
        int best = -1;
        double bestScore = Double.NEGATIVE_INFINITY;
        for (int draw = 0; draw < CALIBRATION_LABELS; draw++) {
          int[] of = train.examples().get(drawn[random.nextInt(drawn.length)]).fitting();
          // Rare types are no labels.
          if (of.length > 0) {
            int label = of[random.nextInt(of.length)];
            double score = score(rows, directions, i, label);
            if (best < 0 || score > bestScore) {
              best = label;
              bestScore = score;
            }
          }
        }
        if (best >= 0) {
          Set<String> names = dev.examples().get(part[i]).names();
          logits[scored] = (float) logit(rows, directions, i, best);
          fits[scored++] = (byte) (names.contains(labels.get(best)) ? 1 : 0);
        }
      }
      scores.add(new DevScores.Batch(Arrays.copyOf(logits, scored), Arrays.copyOf(fits, scored)));
    }
    return initial == null
        ? scores.reliability(scores.calibration())
        : scores.reliabilityOf(config.calibration());
  }

  /** Returns the value that a label is ranked by: log p − α · log prior. */
  private double score(Rows rows, float[] directions, int span, int label) {
    return -Math.log1p(Math.exp(-logit(rows, directions, span, label))) - rows.correction()[label];
  }

  private double logit(Rows rows, float[] directions, int span, int label) {
    int size = config.embeddingSize();
    double logit = rows.bias()[label];
    for (int i = 0; i < size; i++) {
      logit += directions[span * size + i] * rows.rows()[label * size + i];
    }
    return logit;
  }

  private static float[] flat(List<float[]> rows) {
    float[] flat = new float[rows.stream().mapToInt(row -> row.length).sum()];
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, flat, at, row.length);
      at += row.length;
    }
    return flat;
  }

  /** Parameters to begin with, for standardised inputs; as PyTorch's Linear begins. */
  private List<FloatTensor> parameters(Random random) {
    List<FloatTensor> parameters = new ArrayList<>();
    int inputs = 1;
    for (long[] shape : LabelModel.shapes(config).values()) {
      int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
      inputs = shape.length == 2 ? (int) shape[1] : inputs;
      parameters.add(new FloatTensor(shape, InitialWeights.linear(random, count, inputs)));
    }
    parameters.get(SCALE_AT).values()[0] = (float) Math.log(SCALE);
    if (initial == null) {
      return parameters;
    }
    List<FloatTensor> begun =
        initial.parameters().stream()
            .map(tensor -> new FloatTensor(tensor.shape(), tensor.values().clone()))
            .toList();
    spans.redo(begun.get(MENTION_AT).values(), begun.get(MENTION_AT + 1).values());
    states.redo(begun.get(LABEL_AT).values(), begun.get(LABEL_AT + 1).values());
    return begun;
  }

  // Places of parameters: the layers that read inputs, each with its bias behind it, and the scale.
  private static final int MENTION_AT = 0;
  private static final int LABEL_AT = 4;
  private static final int SCALE_AT = 8;

  /** The model of the parameters as they are now, for inputs as they are. */
  private LabelModel model(LabelScript script, float[] sample, Calibration calibration) {
    List<float[]> values = script.parameters();
    spans.undo(values.get(MENTION_AT), values.get(MENTION_AT + 1));
    states.undo(values.get(LABEL_AT), values.get(LABEL_AT + 1));
    List<FloatTensor> parameters = new ArrayList<>();
    int i = 0;
    for (long[] shape : LabelModel.shapes(config).values()) {
      parameters.add(new FloatTensor(shape, values.get(i++)));
    }
    return new LabelModel(
        config.withCalibration(calibration),
        parameters,
        new FloatTensor(new long[] {sampled.length, config.embeddingSize()}, sample),
        List.of(),
        List.of());
  }
}
