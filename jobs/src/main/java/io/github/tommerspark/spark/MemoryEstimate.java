package io.github.tommerspark.spark;

import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import java.util.List;
import java.util.Locale;

/**
 * The memory that models need outside the heap of an executor, reckoned from their sizes before any
 * is loaded.
 *
 * <p>Weights are parameters times the bytes of the compute type; embeddings that are stored in 16
 * bits stay so, which makes this an upper bound in fp32. Activations are a rough upper bound: per
 * token of a batch the residual stream, normalised input, query, key, value, attention output and a
 * gated MLP of four times the width, in fp32, which is 24 times the width; and as many batches as
 * run at once. On top comes what libtorch and the tokenizer take whatever the model.
 *
 * @param weights bytes of the weights; models that share a backbone count one by one
 * @param activations bytes of the batches in flight
 * @param fixed bytes that do not depend on the model
 */
public record MemoryEstimate(long weights, long activations, long fixed) {

  private static final int FLOATS_PER_TOKEN = 24;
  private static final long FIXED = 1L << 30;
  private static final long MIB = 1L << 20;

  /**
   * Reckons the memory of an executor.
   *
   * @param models all of them are loaded by every executor
   * @param engine how they run
   * @param gpu whether they run on a GPU
   * @param tasks tasks of an executor that run at once
   */
  public static MemoryEstimate of(
      List<ModelDescription> models, EngineOptions engine, boolean gpu, int tasks) {
    long weights = 0;
    long width = 0;
    for (ModelDescription model : models) {
      // A user's own TorchScript file has no parameters that we can count.
      weights +=
          model.truncatedParameters() == 0
              ? model.truncatedBytes()
              : model.truncatedParameters() * bytes(engine.dtype(), gpu);
      width = Math.max(width, model.hiddenSize());
    }
    int limit =
        engine.deviceConcurrency() > 0
            ? engine.deviceConcurrency()
            : gpu ? EngineOptions.GPU_CONCURRENCY : tasks;
    long batches = Math.min(limit, tasks);
    long activations =
        batches * engine.batchTokens() * width * FLOATS_PER_TOKEN * (long) Float.BYTES;
    return new MemoryEstimate(weights, activations, FIXED);
  }

  private static long bytes(ComputeType dtype, boolean gpu) {
    return switch (dtype) {
      case FP32 -> Float.BYTES;
      case BF16, FP16 -> Short.BYTES;
      case AUTO -> gpu ? Short.BYTES : Float.BYTES;
    };
  }

  /** All of it, in bytes. */
  public long total() {
    return weights + activations + fixed;
  }

  /** All of it in MiB, rounded up. */
  public long totalMib() {
    return mib(total());
  }

  /**
   * Returns the least {@code spark.executor.memoryOverhead} for it, in MiB, rounded up.
   *
   * @param gpu whether weights and activations are on a GPU; what CUDA takes of the machine's own
   *     memory comes on top
   */
  public long overheadMib(boolean gpu) {
    return mib(gpu ? fixed : total());
  }

  private static long mib(long bytes) {
    return (bytes + MIB - 1) / MIB;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d MiB: weights %,d, activations at most %,d, libtorch and tokenizer about %,d",
        totalMib(),
        weights / MIB,
        activations / MIB,
        fixed / MIB);
  }
}
