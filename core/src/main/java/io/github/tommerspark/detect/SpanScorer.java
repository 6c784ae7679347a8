package io.github.tommerspark.detect;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.classify.MentionClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.engine.DeviceFailedException;
import io.github.tommerspark.engine.DeviceGate;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.InjectedFaults;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;

/**
 * A source of hidden states with its heads in native memory: packed batches in, scored spans out.
 * Thread-safe.
 */
final class SpanScorer implements AutoCloseable {
  private final StateSource states;
  private final ScriptModule module;
  private final long[] tapped;
  private final IValue layers;
  private final IValue headTaps;
  private final IValue headWeights;
  private final IValue headOptions;
  private final List<Calibration> calibrations;
  private final double[] thresholds;

  /** Null if no head has a classifier. */
  private final ClassifierWeights classifiers;

  private final int heads;

  /** Null to compute. */
  private final SimulatedDevice simulated;

  private final DeviceGate gate;
  private final InjectedFaults faults;
  private final WorkAccount account;

  private SpanScorer(
      StateSource states,
      List<Head> heads,
      List<MentionClassifier> classifiers,
      List<Boolean> allLabels,
      double[] thresholds,
      EngineOptions options,
      WorkAccount account) {
    this.account = account;
    this.states = states;
    this.module = states.module();
    this.gate = DeviceGate.of(module.device(), options.deviceConcurrency());
    this.faults = InjectedFaults.of(options.provoked().faults());
    this.simulated =
        options.provoked().callMicros() > 0
            ? new SimulatedDevice(options.provoked().callMicros())
            : null;
    this.heads = heads.size();
    long[] layers = layers(heads, classifiers);
    this.tapped = layers;
    this.layers = IValue.listFrom(layers);
    this.headTaps =
        IValue.listFrom(
            heads.stream().mapToLong(head -> states.tap(layers, head.config().layer())).toArray());
    this.headWeights =
        IValue.listFrom(
            heads.stream()
                .flatMap(head -> weights(module, head).stream())
                .toArray(PtNDArray[]::new));
    this.headOptions =
        IValue.listFrom(
            heads.stream().flatMapToLong(head -> Arrays.stream(options(head))).toArray());
    this.calibrations =
        heads.stream().map(head -> head.config().additions().calibration()).toList();
    this.thresholds = thresholds.clone();
    this.classifiers =
        classifiers.stream().allMatch(Objects::isNull)
            ? null
            : ClassifierWeights.load(
                module, classifiers, allLabels, layer -> states.tap(layers, layer));
  }

  /** The blocks whose output is read, ascending. */
  private static long[] layers(List<Head> heads, List<MentionClassifier> classifiers) {
    return LongStream.concat(
            heads.stream().mapToLong(head -> head.config().layer()),
            classifiers.stream().filter(Objects::nonNull).mapToLong(MentionClassifier::layer))
        .distinct()
        .sorted()
        .toArray();
  }

  /**
   * The sources of what scores hidden states.
   *
   * @param projection how tokens are projected
   * @param gpu whether it runs on a GPU
   */
  static List<String> sources(String projection, boolean gpu) {
    List<String> sources =
        new ArrayList<>(
            List.of(projection, gpu ? "extremes_scan" : "extremes", "head", "dropout", "boundary"));
    sources.addAll(ClassifierWeights.sources());
    return sources;
  }

  /**
   * A scorer of the spans that heads see in hidden states.
   *
   * @param states where hidden states come from; closed with the scorer
   * @param classifiers per head what labels its spans, or null
   * @param allLabels per head whether all labels that fit a span are wanted, not just the best
   * @param thresholds per head the probability from which on spans are wanted, unless a call says
   *     otherwise
   * @param options how many forwards run at once, and whether they are simulated
   * @param account receives what the forwards cost
   */
  static SpanScorer of(
      StateSource states,
      List<Head> heads,
      List<MentionClassifier> classifiers,
      List<Boolean> allLabels,
      double[] thresholds,
      EngineOptions options,
      WorkAccount account) {
    return new SpanScorer(states, heads, classifiers, allLabels, thresholds, options, account);
  }

  /** Per head the logit above which spans are wanted, and its calibration. */
  private IValue cuts(double[] thresholds) {
    double[] cuts = new double[3 * thresholds.length];
    for (int i = 0; i < thresholds.length; i++) {
      Calibration calibration = calibrations.get(i);
      cuts[3 * i] = logitFloor(thresholds[i], calibration);
      cuts[3 * i + 1] = calibration.scale();
      cuts[3 * i + 2] = calibration.offset();
    }
    return IValue.listFrom(cuts);
  }

  /**
   * A logit below those of all probabilities that may pass the threshold: decoders compare the
   * float probability exactly, so what the engine drops must be surely below.
   */
  static double logitFloor(double threshold, Calibration calibration) {
    double safe = threshold - 1e-6;
    return safe <= 0 ? Double.NEGATIVE_INFINITY : calibration.logit(safe);
  }

  private static List<PtNDArray> weights(ScriptModule module, Head head) {
    return head.parameters().stream()
        .map(tensor -> module.floats(module.manager(), tensor.values(), tensor.shape()))
        .toList();
  }

  private static long[] options(Head head) {
    long squash =
        switch (head.config().normalizeScores()) {
          case NONE -> 0;
          case LOG_SIGMOID -> 1;
          case ATAN -> 2;
        };
    return new long[] {
      head.config().type() == HeadType.BOUNDARY ? 1 : 0,
      head.config().slidingWindow(),
      head.config().causalMask() ? 1 : 0,
      head.config().useCosine() ? 1 : 0,
      squash,
      head.config().additions().wordBoundaries() ? 1 : 0
    };
  }

  /**
   * Scores all spans of a batch.
   *
   * @return what was found, spans in no order
   * @throws DeviceFailedException if the device failed
   * @throws EngineException if the call failed for another reason
   */
  Scores score(PackedBatch batch) {
    return score(batch, thresholds);
  }

  /**
   * As {@link #score(PackedBatch)}.
   *
   * @param thresholds per head
   */
  Scores score(PackedBatch batch, double[] thresholds) {
    long asked = System.nanoTime();
    return gate.pass(() -> accounted(batch, thresholds, asked));
  }

  /** As {@link #score(PackedBatch, double[])}, while nothing else runs on the device. */
  Scores scoreAlone(PackedBatch batch, double[] thresholds) {
    long asked = System.nanoTime();
    return gate.passAlone(() -> accounted(batch, thresholds, asked));
  }

  private Scores accounted(PackedBatch batch, double[] thresholds, long asked) {
    long begin = System.nanoTime();
    try {
      faults.before(batch.ids());
      return forward(batch, thresholds);
    } finally {
      account.computed(batch, begin - asked, System.nanoTime() - begin);
    }
  }

  /**
   * Computes hidden states and scores one after the other, to learn the share of each.
   *
   * @return nanoseconds of the backbone and of the heads
   */
  long[] partNanos(PackedBatch batch) {
    try (PtNDManager call = module.newCallManager();
        IValue groups = IValue.listFrom(batch.groups());
        IValue edges = edges(call, batch);
        IValue cuts = cuts(thresholds)) {
      long begin = System.nanoTime();
      try (IValue taps = states.taps(call, batch, layers)) {
        long middle = System.nanoTime();
        module.run("score", taps, groups, edges, headTaps, headWeights, headOptions, cuts).close();
        return new long[] {middle - begin, System.nanoTime() - middle};
      }
    }
  }

  /** Returns where hidden states come from. */
  StateSource states() {
    return states;
  }

  private Scores forward(PackedBatch batch, double[] thresholds) {
    if (simulated != null) {
      return new Scores(simulated.forward(module, batch, heads), new NotFinite[0]);
    }
    try (PtNDManager call = module.newCallManager();
        IValue groups = IValue.listFrom(batch.groups());
        IValue edges = edges(call, batch);
        IValue cuts = cuts(thresholds);
        IValue found = run(call, batch, groups, edges, cuts)) {
      PtNDArray[] arrays = found.toTensorArray(call);
      List<ScoredSpans> spans = new ArrayList<>(heads);
      int stride = (arrays.length - 1) / heads;
      for (int head = 0; head < heads; head++) {
        spans.add(spans(Arrays.copyOfRange(arrays, stride * head, stride * (head + 1))));
      }
      return new Scores(spans, notFinite(arrays[arrays.length - 1]));
    }
  }

  private NotFinite[] notFinite(PtNDArray places) {
    long[] found = places.toLongArray();
    NotFinite[] tokens = new NotFinite[found.length / 2];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = new NotFinite((int) tapped[(int) found[2 * i]], (int) found[2 * i + 1]);
    }
    return tokens;
  }

  /**
   * The result of scoring a batch.
   *
   * @param heads per head the spans with start ≤ end that may pass its threshold, and those whose
   *     probability is not a number
   * @param notFinite tokens whose hidden states are not finite
   */
  record Scores(List<ScoredSpans> heads, NotFinite[] notFinite) {}

  /**
   * A token whose hidden states are not finite.
   *
   * @param layer of the states
   * @param token index in the batch
   */
  record NotFinite(int layer, int token) {}

  /** The findings of one head: spans and probabilities, and with a classifier labels and theirs. */
  private static ScoredSpans spans(PtNDArray[] found) {
    long[] tokens = found[0].toLongArray();
    int count = tokens.length / 2;
    float[] scores = found[1].toFloatArray();
    boolean typed = found.length > 2 && found[2].size() == count;
    return new ScoredSpans(
        Arrays.copyOf(tokens, count),
        Arrays.copyOfRange(tokens, count, tokens.length),
        scores,
        typed ? found[2].toLongArray() : null,
        typed ? found[3].toFloatArray() : null,
        typed ? fitting(found[4], found[5]) : ScoredSpans.Fitting.NONE);
  }

  private static ScoredSpans.Fitting fitting(PtNDArray cells, PtNDArray numbers) {
    long[] places = cells.toLongArray();
    float[] values = numbers.toFloatArray();
    int count = places.length / 2;
    return new ScoredSpans.Fitting(
        Arrays.copyOf(places, count),
        Arrays.copyOfRange(places, count, 2 * count),
        Arrays.copyOf(values, count),
        Arrays.copyOfRange(values, count, 2 * count));
  }

  private IValue edges(PtNDManager call, PackedBatch batch) {
    byte[] edges = batch.edges();
    return IValue.from(module.bytes(call, edges, edges.length / 2, 2));
  }

  private IValue run(
      PtNDManager call, PackedBatch batch, IValue groups, IValue edges, IValue cuts) {
    List<IValue> arguments = new ArrayList<>();
    // Made for this call, and closed after it.
    IValue input = states.input(call, batch);
    arguments.addAll(List.of(input, groups, edges));
    arguments.addAll(settings(cuts).values());
    try (input) {
      return module.run(method(), arguments.toArray(IValue[]::new));
    }
  }

  /** The script's method that scores a batch. */
  String method() {
    return states.method(
        classifiers != null ? StateSource.Scoring.LABELLED_SPANS : StateSource.Scoring.SPANS);
  }

  /**
   * The arguments of {@link #method} that are the same for every batch, in their order and by the
   * names that the script gives them. They follow the batch's token ids, or hidden states, its
   * groups and edges.
   */
  Map<String, IValue> settings() {
    return settings(cuts(thresholds));
  }

  private Map<String, IValue> settings(IValue cuts) {
    Map<String, IValue> settings = new LinkedHashMap<>(states.arguments(layers));
    settings.put("head_taps", headTaps);
    settings.put("v", headWeights);
    settings.put("head_options", headOptions);
    settings.put("cuts", cuts);
    if (classifiers != null) {
      settings.put("class_taps", classifiers.taps());
      settings.put("c", classifiers.weights());
      settings.put("class_options", classifiers.options());
    }
    return settings;
  }

  /**
   * Hidden states of a packed batch, special tokens included.
   *
   * @param groups (count, length) pairs in the order of the ids
   * @param layer a block that is loaded
   * @return float32 (tokens × width), row-major
   */
  float[] hiddenStates(long[] ids, long[] groups, int layer) {
    return gate.pass(() -> states.hiddenStates(ids, groups, layer));
  }

  /**
   * The findings of the only head in a batch, and vectors.
   *
   * @param found spans that may pass its threshold
   * @param vectors of the given spans, then of those found, one after the other
   */
  record Encoded(ScoredSpans found, float[] vectors) {}

  /**
   * Scores all spans of a batch and makes vectors of those that matter, for a scorer of one head.
   *
   * @param given index in the batch of the first tokens of further spans, then of their last tokens
   * @param layer block whose output vectors are made of
   */
  Encoded encode(PackedBatch batch, long[] given, int layer, SpanRepresentation representation) {
    return gate.pass(
        () -> {
          // Blocks to tap, ascending: the head's and this one.
          int headLayer = (int) tapped[0];
          long[] layers = LongStream.of(headLayer, layer).distinct().sorted().toArray();
          long headTap = states.tap(layers, headLayer);
          long tap = states.tap(layers, layer);
          try (PtNDManager call = module.newCallManager();
              IValue input = states.input(call, batch);
              IValue groups = IValue.listFrom(batch.groups());
              IValue edges = edges(call, batch);
              IValue cuts = cuts(thresholds);
              IValue blocks = IValue.listFrom(layers);
              IValue headTapList = IValue.listFrom(new long[] {headTap});
              IValue places = IValue.from(module.longs(call, given, 2, given.length / 2));
              IValue tapValue = IValue.from(tap);
              IValue kind = IValue.from((long) representation.ordinal())) {
            List<IValue> arguments = new ArrayList<>(List.of(input, groups, edges));
            arguments.addAll(states.arguments(blocks).values());
            arguments.addAll(
                List.of(headTapList, headWeights, headOptions, cuts, places, tapValue, kind));
            try (IValue result =
                module.run(
                    states.method(StateSource.Scoring.VECTORS), arguments.toArray(IValue[]::new))) {
              PtNDArray[] arrays = result.toTensorArray(call);
              return new Encoded(spans(Arrays.copyOf(arrays, 2)), arrays[2].toFloatArray());
            }
          }
        });
  }

  @Override
  public void close() {
    ScriptModule.closeAll(layers, headTaps, headWeights, headOptions);
    if (classifiers != null) {
      classifiers.close();
    }
    states.close();
  }
}
