package io.github.tommerspark.detect;

import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * The cost of a model on this machine: its arithmetic, the speed of the device at that arithmetic
 * alone, and its loading.
 *
 * @param parameters of the truncated backbone
 * @param productFlops floating-point operations of the blocks' products for a token: twice their
 *     parameters
 * @param attentionFlops those of attention for a token of a full window, which the former leaves
 *     out
 * @param peakFlops operations per second that the device reaches at the products of a block alone,
 *     all calls at once
 * @param calls forward calls at once
 * @param threads threads of a call
 * @param headShare share of the heads in a forward
 * @param weightBytes bytes of weights that loading reads
 * @param loadSeconds wall time of loading, the files being in memory already
 * @param readSeconds wall time of reading the same bytes once into one buffer
 * @param device where it ran
 * @param dtype type of the products
 */
public record ModelProfile(
    long parameters,
    double productFlops,
    double attentionFlops,
    double peakFlops,
    int calls,
    int threads,
    double headShare,
    long weightBytes,
    double loadSeconds,
    double readSeconds,
    String device,
    String dtype)
    implements Serializable {

  private static final int PEAK_ROWS = 1024;
  private static final int READ_BYTES = 8 << 20;
  private static final int ROUNDS = 3;

  /**
   * Measures a model.
   *
   * @param spec whose backbone is a snapshot
   * @param options how it runs
   * @param texts to run it over, some forwards' worth
   * @param calls forward calls at once
   * @throws IOException if the model cannot be read
   * @throws IllegalArgumentException if the backbone is a TorchScript file, whose arithmetic is
   *     unknown
   */
  public static ModelProfile measure(
      ModelSpec spec, EngineOptions options, List<String> texts, int calls) throws IOException {
    double[] loads = new double[ROUNDS];
    for (int i = 0; i + 1 < ROUNDS; i++) {
      loads[i] = loadSeconds(spec, options);
    }
    long begin = System.nanoTime();
    try (MentionDetector detector = MentionDetector.load(List.of(spec), options)) {
      loads[ROUNDS - 1] = (System.nanoTime() - begin) / 1e9;
      // The first starts the engine and brings files into memory.
      loads[0] = loads[1];
      ModelGroup group = detector.groups().get(0);
      if (!(group.states() instanceof SnapshotStates states)) {
        throw new IllegalArgumentException(
            "Cannot measure %s: the arithmetic of a TorchScript file is unknown"
                .formatted(spec.name()));
      }
      Backbone backbone = states.backbone();
      BackbonePlan plan = backbone.plan();
      int rows = Math.min(PEAK_ROWS, options.batchTokens());
      // Once to warm up, once in earnest.
      group.headShare(texts);
      return new ModelProfile(
          plan.parameters(),
          plan.productFlops(),
          plan.attentionFlops(group.models().get(0).maxTokens()),
          backbone.peakFlops(rows, calls),
          calls,
          Torch.threads(),
          group.headShare(texts),
          plan.bytes(),
          median(loads),
          readSeconds(plan),
          group.report().device(),
          group.report().dtype());
    }
  }

  private static double loadSeconds(ModelSpec spec, EngineOptions options) throws IOException {
    long begin = System.nanoTime();
    MentionDetector detector = MentionDetector.load(List.of(spec), options);
    double seconds = (System.nanoTime() - begin) / 1e9;
    detector.close();
    return seconds;
  }

  private static double readSeconds(BackbonePlan plan) throws IOException {
    double[] rounds = new double[ROUNDS];
    byte[] buffer = new byte[READ_BYTES];
    for (int i = 0; i < ROUNDS; i++) {
      long begin = System.nanoTime();
      try (Checkpoint checkpoint = Checkpoint.open(plan.directory())) {
        for (TensorInfo tensor : plan.tensors()) {
          for (long at = 0; at < tensor.byteSize(); at += READ_BYTES) {
            int count = (int) Math.min(READ_BYTES, tensor.byteSize() - at);
            checkpoint.raw(tensor, at, count).get(buffer, 0, count);
          }
        }
      }
      rounds[i] = (System.nanoTime() - begin) / 1e9;
    }
    return median(rounds);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
