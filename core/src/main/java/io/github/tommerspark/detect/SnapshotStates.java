package io.github.tommerspark.detect;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.engine.Cancellation;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.ScriptModule;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The blocks of a snapshot: backbone and heads run in one native call, from token ids. */
final class SnapshotStates implements StateSource {
  /** The script's name for the weights. */
  static final String WEIGHTS = "w";

  /** The script's name for the flag that ends a call. */
  static final String STOP = "stop";

  private final Backbone backbone;
  private final long bytesRead;

  /**
   * Wraps a backbone, which it closes.
   *
   * @param backbone loaded with {@link #sources}
   * @param bytesRead bytes that loading it read
   */
  SnapshotStates(Backbone backbone, long bytesRead) {
    this.backbone = backbone;
    this.bytesRead = bytesRead;
  }

  /**
   * Loads a backbone.
   *
   * @param checkpoint the plan's weights; may be closed afterwards
   * @param type type of the products; not AUTO
   * @throws IOException if a tensor cannot be read
   */
  static SnapshotStates load(
      BackbonePlan plan, Checkpoint checkpoint, ComputeType type, Device device)
      throws IOException {
    Backbone backbone = Backbone.load(plan, checkpoint, type, device, sources(device.isGpu()));
    return new SnapshotStates(backbone, checkpoint.bytesRead());
  }

  /**
   * The sources that a backbone must be loaded with to be scored.
   *
   * @param gpu whether it runs on a GPU
   */
  static List<String> sources(boolean gpu) {
    List<String> sources = new ArrayList<>(SpanScorer.sources("projection_linear", gpu));
    sources.addAll(List.of("detect", "detect_typed"));
    return sources;
  }

  Backbone backbone() {
    return backbone;
  }

  @Override
  public ScriptModule module() {
    return backbone.module();
  }

  @Override
  public String method(Scoring scoring) {
    return switch (scoring) {
      case SPANS -> "detect";
      case LABELLED_SPANS -> "detect_typed";
      case VECTORS -> "detect_encode";
    };
  }

  /** The token ids. */
  @Override
  public IValue input(PtNDManager call, PackedBatch batch) {
    return IValue.from(module().longs(call, batch.ids(), batch.ids().length));
  }

  @Override
  public Map<String, IValue> arguments(IValue layers) {
    Map<String, IValue> arguments = new LinkedHashMap<>();
    arguments.put("layers", layers);
    arguments.put(WEIGHTS, backbone.weights());
    arguments.put(STOP, Cancellation.stop());
    return arguments;
  }

  @Override
  public IValue taps(PtNDManager call, PackedBatch batch, IValue layers) {
    try (IValue ids = input(call, batch);
        IValue groups = IValue.listFrom(batch.groups())) {
      return module().run("hidden", ids, groups, layers, backbone.weights(), Cancellation.stop());
    }
  }

  @Override
  public int tap(long[] layers, int layer) {
    return Arrays.binarySearch(layers, layer);
  }

  @Override
  public float[] hiddenStates(long[] ids, long[] groups, int layer) {
    return backbone.hiddenStates(ids, groups, layer).get(0);
  }

  @Override
  public int vocabularySize() {
    return backbone.plan().vocabularySize();
  }

  @Override
  public String dtype() {
    return backbone.dtype().label();
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  public void close() {
    backbone.close();
  }
}
