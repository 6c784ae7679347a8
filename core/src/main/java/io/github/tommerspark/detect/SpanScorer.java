package io.github.tommerspark.detect;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.engine.DeviceGate;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.head.Head;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A backbone with its heads in native memory: packed batches in, scored spans out, in one native
 * call for a snapshot. Thread-safe.
 */
final class SpanScorer implements AutoCloseable {
  private static final List<String> HEAD_SOURCES = List.of("head", "detect");

  /** Exactly one of the two is there. */
  private final Backbone backbone;

  private final ScriptBackbone script;

  private final ScriptModule module;
  private final IValue layers;
  private final IValue headTaps;
  private final IValue headWeights;
  private final IValue headOptions;
  private final IValue floors;
  private final int heads;
  private final DeviceGate gate;
  private final WorkAccount account;

  private SpanScorer(
      Backbone backbone,
      ScriptBackbone script,
      ScriptModule module,
      List<Head> heads,
      double[] floors,
      int deviceConcurrency,
      WorkAccount account) {
    this.account = account;
    this.gate = DeviceGate.of(module.device(), deviceConcurrency);
    this.backbone = backbone;
    this.script = script;
    this.module = module;
    this.heads = heads.size();
    long[] layers =
        heads.stream().mapToLong(head -> head.config().layer()).distinct().sorted().toArray();
    this.layers = IValue.listFrom(layers);
    this.headTaps =
        IValue.listFrom(
            heads.stream()
                .mapToLong(
                    head -> script == null ? Arrays.binarySearch(layers, head.config().layer()) : 0)
                .toArray());
    this.headWeights =
        IValue.listFrom(
            heads.stream()
                .flatMap(head -> weights(module, head).stream())
                .toArray(PtNDArray[]::new));
    this.headOptions =
        IValue.listFrom(
            heads.stream().flatMapToLong(head -> Arrays.stream(options(head))).toArray());
    this.floors = IValue.listFrom(floors);
  }

  /** Sources that a backbone must be loaded with to be scored. */
  static List<String> sources() {
    return HEAD_SOURCES;
  }

  /**
   * A scorer on a snapshot's backbone, which it closes.
   *
   * @param thresholds per head the probability from which on spans are wanted
   * @param deviceConcurrency as {@link DeviceGate#of} takes it
   * @param account receives what the forwards cost
   */
  static SpanScorer of(
      Backbone backbone,
      List<Head> heads,
      double[] thresholds,
      int deviceConcurrency,
      WorkAccount account) {
    return new SpanScorer(
        backbone,
        null,
        backbone.module(),
        heads,
        logitFloors(thresholds),
        deviceConcurrency,
        account);
  }

  /** A scorer on a user's own backbone, which it closes. */
  static SpanScorer of(
      ScriptBackbone backbone,
      List<Head> heads,
      double[] thresholds,
      int deviceConcurrency,
      WorkAccount account) {
    ScriptModule module = ScriptModule.load(List.of("packed", "head"), Map.of(), backbone.device());
    return new SpanScorer(
        null, backbone, module, heads, logitFloors(thresholds), deviceConcurrency, account);
  }

  private static double[] logitFloors(double[] thresholds) {
    return Arrays.stream(thresholds).map(SpanScorer::logitFloor).toArray();
  }

  /**
   * A logit below those of all probabilities that may pass the threshold: decoders compare the
   * float probability exactly, so what the engine drops must be surely below.
   */
  static double logitFloor(double threshold) {
    double safe = threshold - 1e-6;
    return safe <= 0 ? Double.NEGATIVE_INFINITY : Math.log(safe / (1 - safe));
  }

  private static List<PtNDArray> weights(ScriptModule module, Head head) {
    PtNDManager owner = module.manager();
    int width = head.hiddenSize();
    int rank = head.config().rank();
    return List.of(
        module.floats(owner, head.queryWeight(), width, rank),
        module.floats(owner, head.keyWeight(), width, rank),
        module.floats(owner, head.valueWeight(), 1, width),
        module.floats(owner, new float[] {head.valueBias()}, 1),
        module.floats(owner, head.featureWeights(), Head.FEATURES));
  }

  private static long[] options(Head head) {
    long squash =
        switch (head.config().normalizeScores()) {
          case NONE -> 0;
          case LOG_SIGMOID -> 1;
          case ATAN -> 2;
        };
    return new long[] {
      head.config().slidingWindow(),
      head.config().causalMask() ? 1 : 0,
      head.config().useCosine() ? 1 : 0,
      squash
    };
  }

  /**
   * Scores all spans of a batch.
   *
   * @return per head the spans with start ≤ end that may pass its threshold, in no order
   */
  List<ScoredSpans> score(PackedBatch batch) {
    long asked = System.nanoTime();
    return gate.pass(() -> accounted(batch, asked));
  }

  /** As {@link #score}, while nothing else runs on the device. */
  List<ScoredSpans> scoreAlone(PackedBatch batch) {
    long asked = System.nanoTime();
    return gate.passAlone(() -> accounted(batch, asked));
  }

  private List<ScoredSpans> accounted(PackedBatch batch, long asked) {
    long begin = System.nanoTime();
    try {
      return forward(batch);
    } finally {
      account.computed(batch, begin - asked, System.nanoTime() - begin);
    }
  }

  /**
   * Runs backbone and heads of a snapshot one after the other, to learn the share of each.
   *
   * @return nanoseconds of the backbone and of the heads
   */
  long[] partNanos(PackedBatch batch) {
    try (PtNDManager call = module.newCallManager();
        IValue groups = IValue.listFrom(batch.groups());
        IValue ids = IValue.from(module.longs(call, batch.ids(), batch.ids().length))) {
      long begin = System.nanoTime();
      try (IValue taps = module.run("hidden", ids, groups, layers, backbone.weights())) {
        long middle = System.nanoTime();
        module.run("score", taps, groups, headTaps, headWeights, headOptions, floors).close();
        return new long[] {middle - begin, System.nanoTime() - middle};
      }
    }
  }

  /** The snapshot's backbone. */
  Backbone backbone() {
    return backbone;
  }

  private List<ScoredSpans> forward(PackedBatch batch) {
    try (PtNDManager call = module.newCallManager();
        IValue groups = IValue.listFrom(batch.groups());
        IValue found = run(call, batch, groups)) {
      PtNDArray[] arrays = found.toTensorArray(call);
      List<ScoredSpans> spans = new ArrayList<>(heads);
      for (int head = 0; head < heads; head++) {
        long[] tokens = arrays[2 * head].toLongArray();
        int count = tokens.length / 2;
        spans.add(
            new ScoredSpans(
                Arrays.copyOf(tokens, count),
                Arrays.copyOfRange(tokens, count, tokens.length),
                arrays[2 * head + 1].toFloatArray()));
      }
      return spans;
    }
  }

  private IValue run(PtNDManager call, PackedBatch batch, IValue groups) {
    if (script != null) {
      try (IValue taps = IValue.listFrom(script.hiddenStates(call, batch))) {
        return module.run("score", taps, groups, headTaps, headWeights, headOptions, floors);
      }
    }
    try (IValue ids = IValue.from(module.longs(call, batch.ids(), batch.ids().length))) {
      return module.run(
          "detect",
          ids,
          groups,
          layers,
          backbone.weights(),
          headTaps,
          headWeights,
          headOptions,
          floors);
    }
  }

  @Override
  public void close() {
    ScriptModule.closeAll(layers, headTaps, headWeights, headOptions, floors);
    if (backbone != null) {
      backbone.close();
    } else {
      module.close();
      script.close();
    }
  }
}
