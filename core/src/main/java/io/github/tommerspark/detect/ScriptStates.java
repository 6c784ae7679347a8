package io.github.tommerspark.detect;

import ai.djl.Device;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.github.tommerspark.engine.EngineFailure;
import io.github.tommerspark.engine.ScriptModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A user's own TorchScript file, whose hidden states are those of the one layer that the head
 * reads. Its forward takes token ids, int64 (sequences × length), and lengths, int64 (sequences),
 * and returns hidden states (sequences × length × width). It is called with sequences of equal
 * length only, so there is never padding.
 */
final class ScriptStates implements StateSource {
  /** The type of the products, which is the file's own affair. */
  static final String DTYPE = "torchscript";

  private final Path file;
  private final ScriptModule script;
  private final ScriptModule module;

  private ScriptStates(Path file, ScriptModule script, ScriptModule module) {
    this.file = file;
    this.script = script;
    this.module = module;
  }

  /**
   * Loads the file and tries it once.
   *
   * @param width the width of hidden states that the heads expect
   * @throws IOException if it is no TorchScript, fails, or returns anything else
   */
  static ScriptStates load(Path file, Device device, int width) throws IOException {
    ScriptModule script = ScriptModule.load(file, device);
    try {
      check(file, script, width);
      List<String> sources = new ArrayList<>(List.of("packed"));
      sources.addAll(SpanScorer.sources("projection", device.isGpu()));
      return new ScriptStates(file, script, ScriptModule.load(sources, Map.of(), device));
    } catch (IOException | RuntimeException e) {
      script.close();
      throw e;
    }
  }

  private static void check(Path file, ScriptModule script, int width) throws IOException {
    long[] shape;
    try (PtNDManager call = script.newCallManager()) {
      shape = forward(script, call, new long[4], 2, 2).getShape().getShape();
    } catch (RuntimeException e) {
      throw new IOException(
          "Cannot use %s: its forward(ids, lengths) failed (%s)"
              .formatted(file, EngineFailure.line(e)),
          e);
    }
    if (shape.length != 3 || shape[0] != 2 || shape[1] != 2 || shape[2] != width) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Cannot use %s: for 2 sequences of 2 tokens its forward returned shape %s, but the head needs [2, 2, %d]",
              file,
              Arrays.toString(shape),
              width));
    }
  }

  private static PtNDArray forward(
      ScriptModule script, PtNDManager call, long[] ids, long count, long length) {
    long[] lengths = new long[Math.toIntExact(count)];
    Arrays.fill(lengths, length);
    return script.runTensor(
        call,
        "forward",
        IValue.from(script.longs(call, ids, count, length)),
        IValue.from(script.longs(call, lengths, count)));
  }

  @Override
  public ScriptModule module() {
    return module;
  }

  @Override
  public String method(Scoring scoring) {
    return switch (scoring) {
      case SPANS -> "score_checked";
      case LABELLED_SPANS -> "score_typed_checked";
      case VECTORS -> "encode";
    };
  }

  /** The hidden states: the file is another module, and cannot be called by the scripts. */
  @Override
  public IValue input(PtNDManager call, PackedBatch batch) {
    return IValue.listFrom(hiddenStates(call, batch.ids(), batch.groups()));
  }

  @Override
  public Map<String, IValue> arguments(IValue layers) {
    return Map.of();
  }

  @Override
  public IValue taps(PtNDManager call, PackedBatch batch, IValue layers) {
    return input(call, batch);
  }

  /** Always the first: there is one layer only. */
  @Override
  public int tap(long[] layers, int layer) {
    return 0;
  }

  /** Hidden states of all tokens of a packed batch, float32 (tokens × width). */
  private PtNDArray hiddenStates(PtNDManager call, long[] ids, long[] groups) {
    NDList parts = new NDList();
    int at = 0;
    for (int g = 0; g < groups.length; g += 2) {
      long count = groups[g];
      long length = groups[g + 1];
      int tokens = Math.toIntExact(count * length);
      PtNDArray states =
          forward(script, call, Arrays.copyOfRange(ids, at, at + tokens), count, length);
      long width = states.getShape().get(2);
      parts.add(states.toType(DataType.FLOAT32, false).reshape(tokens, width));
      at += tokens;
    }
    return (PtNDArray) NDArrays.concat(parts, 0);
  }

  @Override
  public float[] hiddenStates(long[] ids, long[] groups, int layer) {
    try (PtNDManager call = script.newCallManager()) {
      return hiddenStates(call, ids, groups).toFloatArray();
    }
  }

  @Override
  public int vocabularySize() {
    return Integer.MAX_VALUE;
  }

  @Override
  public String dtype() {
    return DTYPE;
  }

  @Override
  public long bytesRead() {
    return file.toFile().length();
  }

  @Override
  public void close() {
    module.close();
    script.close();
  }
}
