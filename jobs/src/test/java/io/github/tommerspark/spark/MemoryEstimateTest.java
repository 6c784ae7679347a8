package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.text.BosPolicy;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryEstimateTest {

  private static final EngineOptions ENGINE = EngineOptions.defaults();

  /** Llama-3.2-1B cut after layer 6: 262.7 M parameters of embedding and 7 blocks of 60.8 M. */
  private static final ModelDescription LLAMA = model(688_408_576L, 1_376_817_152L, 2048);

  private static ModelDescription model(long parameters, long bytes, int width) {
    return new ModelDescription(
        ModelSpec.bundled("nano-llama"),
        "llama",
        6,
        width,
        "0",
        null,
        bytes,
        parameters,
        1024,
        64,
        BosPolicy.TOKENIZER,
        null,
        List.of());
  }

  @Test
  void weightsAreParametersTimesTheBytesOfTheType() {
    assertThat(weights(ENGINE.withDtype(ComputeType.FP32), false)).isEqualTo(2_753_634_304L);
    assertThat(weights(ENGINE.withDtype(ComputeType.BF16), false)).isEqualTo(1_376_817_152L);
    assertThat(weights(ENGINE.withDtype(ComputeType.FP16), true)).isEqualTo(1_376_817_152L);
    // What auto will choose.
    assertThat(weights(ENGINE, false)).isEqualTo(2_753_634_304L);
    assertThat(weights(ENGINE, true)).isEqualTo(1_376_817_152L);
    // A TorchScript file, of which only the size is known.
    assertThat(MemoryEstimate.of(List.of(model(0, 1000, 16)), ENGINE, false, 1).weights())
        .isEqualTo(1000);
  }

  private static long weights(EngineOptions engine, boolean gpu) {
    return MemoryEstimate.of(List.of(LLAMA), engine, gpu, 4).weights();
  }

  @Test
  void activationsGrowWithTheBatchesThatRunAtOnce() {
    long one = activations(ENGINE, false, 1);
    assertThat(one).isEqualTo(2048L * 2048 * 24 * 4);
    assertThat(activations(ENGINE, false, 4)).isEqualTo(4 * one);
    assertThat(activations(ENGINE, true, 4)).isEqualTo(2 * one);
    assertThat(activations(ENGINE.withDeviceConcurrency(3), true, 4)).isEqualTo(3 * one);
    assertThat(activations(ENGINE.withDeviceConcurrency(8), false, 4)).isEqualTo(4 * one);
    assertThat(activations(ENGINE.withBatchTokens(4096), false, 1)).isEqualTo(2 * one);
  }

  private static long activations(EngineOptions engine, boolean gpu, int tasks) {
    return MemoryEstimate.of(List.of(LLAMA), engine, gpu, tasks).activations();
  }

  @Test
  void severalModelsAreLoadedTogetherButRunOneAfterTheOther() {
    MemoryEstimate one = MemoryEstimate.of(List.of(LLAMA), ENGINE, false, 1);
    MemoryEstimate two = MemoryEstimate.of(List.of(LLAMA, LLAMA), ENGINE, false, 1);
    assertThat(two.weights()).isEqualTo(2 * one.weights());
    assertThat(two.activations()).isEqualTo(one.activations());
    assertThat(one.total()).isEqualTo(one.weights() + one.activations() + one.fixed());
    assertThat(one.overheadMib(false)).isEqualTo(one.totalMib());
    assertThat(one.overheadMib(true)).isEqualTo(1024);
    assertThat(one.toString()).startsWith("%,d MiB: weights 2,626, ".formatted(one.totalMib()));
  }

  @ParameterizedTest
  @CsvSource({
    // master, cores, task cpus, heap, overhead, gpus; local, tasks, overhead in MiB
    "local[*], 1, 1, 1g, '', 0, true, 8, 384",
    "'local[3,2]', 1, 1, 1g, '', 0, true, 3, 384",
    "yarn, 4, 1, 8g, '', 0, false, 4, 819",
    "yarn, 4, 2, 8g, 5g, 0, false, 2, 5120",
    "k8s://host, 4, 1, 2g, 3000, 1, false, 4, 3000",
    "'local-cluster[2,1,1024]', 1, 1, 1g, '', 0, false, 1, 384",
  })
  void readsTheSizeOfAnExecutor(
      String master,
      String cores,
      String taskCpus,
      String heap,
      String overhead,
      String gpus,
      boolean local,
      int tasks,
      long overheadMib) {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.master", master)
            .set("spark.executor.cores", cores)
            .set("spark.task.cpus", taskCpus)
            .set("spark.executor.memory", heap)
            .set("spark.executor.resource.gpu.amount", gpus);
    if (!overhead.isEmpty()) {
      conf.set("spark.executor.memoryOverhead", overhead);
    }
    assertThat(ExecutorSize.of(conf, 8))
        .isEqualTo(new ExecutorSize(local, gpus.equals("1"), tasks, overheadMib));
  }
}
