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
import java.util.Arrays;
import java.util.Locale;

/**
 * A user's own TorchScript file as a backbone: its forward takes token ids, int64 (sequences ×
 * length), and lengths, int64 (sequences), and returns hidden states (sequences × length × width),
 * those that the head reads. It is called with sequences of equal length only, so there is never
 * padding.
 */
final class ScriptBackbone implements AutoCloseable {
  private final Path file;
  private final ScriptModule module;

  private ScriptBackbone(Path file, ScriptModule module) {
    this.file = file;
    this.module = module;
  }

  /**
   * Loads the file and tries it once.
   *
   * @param width the width of hidden states that the heads expect
   * @throws IOException if it is no TorchScript, fails, or returns anything else
   */
  static ScriptBackbone load(Path file, Device device, int width) throws IOException {
    ScriptModule module = ScriptModule.load(file, device);
    ScriptBackbone backbone = new ScriptBackbone(file, module);
    try (PtNDManager call = module.newCallManager()) {
      PtNDArray states = backbone.forward(call, new long[4], 2, 2);
      long[] shape = states.getShape().getShape();
      if (shape.length != 3 || shape[0] != 2 || shape[1] != 2 || shape[2] != width) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Cannot use %s: for 2 sequences of 2 tokens its forward returned shape %s, but the head needs [2, 2, %d]",
                file,
                Arrays.toString(shape),
                width));
      }
      return backbone;
    } catch (IOException | RuntimeException e) {
      module.close();
      if (e instanceof IOException) {
        throw e;
      }
      throw new IOException(
          "Cannot use %s: its forward(ids, lengths) failed (%s)"
              .formatted(file, EngineFailure.line(e)),
          e);
    }
  }

  Device device() {
    return module.device();
  }

  private PtNDArray forward(PtNDManager call, long[] ids, long count, long length) {
    long[] lengths = new long[Math.toIntExact(count)];
    Arrays.fill(lengths, length);
    return module.runTensor(
        call,
        "forward",
        IValue.from(module.longs(call, ids, count, length)),
        IValue.from(module.longs(call, lengths, count)));
  }

  /** Hidden states of all tokens of a packed batch, float32 (tokens × width). */
  PtNDArray hiddenStates(PtNDManager call, PackedBatch batch) {
    return hiddenStates(call, batch.ids(), batch.groups());
  }

  private PtNDArray hiddenStates(PtNDManager call, long[] ids, long[] groups) {
    NDList parts = new NDList();
    int at = 0;
    for (int g = 0; g < groups.length; g += 2) {
      long count = groups[g];
      long length = groups[g + 1];
      int tokens = Math.toIntExact(count * length);
      PtNDArray states = forward(call, Arrays.copyOfRange(ids, at, at + tokens), count, length);
      long width = states.getShape().get(2);
      parts.add(states.toType(DataType.FLOAT32, false).reshape(tokens, width));
      at += tokens;
    }
    return (PtNDArray) NDArrays.concat(parts, 0);
  }

  /** Hidden states of a packed batch, float32 (tokens × width), row-major; the layer is its own. */
  float[] packedStates(long[] ids, long[] groups, int layer) {
    try (PtNDManager call = module.newCallManager()) {
      return hiddenStates(call, ids, groups).toFloatArray();
    }
  }

  @Override
  public void close() {
    module.close();
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
