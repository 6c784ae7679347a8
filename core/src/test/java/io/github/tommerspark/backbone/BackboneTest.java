package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.CountingDirectory;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Truncation and 16-bit arithmetic. */
class BackboneTest {
  private static final String LAST_SHARD = "model-00002-of-00002.safetensors";

  @Test
  void shardsAboveTheLastLayerAreNotNeeded(@TempDir Path copy) throws IOException {
    Path sharded = Golden.committed().resolve("backbones/llama-untied-sharded");
    try (Stream<Path> files = Files.list(sharded)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    LocalDirectory whole = new LocalDirectory(sharded);
    int last;
    try (Checkpoint checkpoint = Checkpoint.open(whole)) {
      last = lastLayerOutsideOf(whole, checkpoint, LAST_SHARD);
    }
    Files.delete(copy.resolve(LAST_SHARD));

    LocalDirectory truncated = new LocalDirectory(copy);
    try (Checkpoint checkpoint = Checkpoint.open(truncated);
        Checkpoint golden = Checkpoint.open(whole, "hidden.safetensors")) {
      BackbonePlan plan = BackbonePlan.of(truncated, checkpoint, last);
      assertThat(checkpoint.bytesRead()).isZero();
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        long bytes = plan.tensors().stream().mapToLong(TensorInfo::byteSize).sum();
        assertThat(checkpoint.bytesRead()).isEqualTo(bytes).isEqualTo(4 * plan.parameters());
        float[] expected = golden.floats(golden.tensor("a.hidden." + last));
        float[] states = states(backbone, golden, last);
        assertThat(states).hasSameSizeAs(expected);
        for (int i = 0; i < states.length; i++) {
          assertThat(Math.abs(states[i] - expected[i])).isLessThanOrEqualTo(2e-4f);
        }
      }
      assertThatThrownBy(() -> BackbonePlan.of(truncated, checkpoint, last + 1))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(LAST_SHARD);
    }
  }

  private static int lastLayerOutsideOf(
      LocalDirectory directory, Checkpoint checkpoint, String shard) throws IOException {
    int last = -1;
    while (BackbonePlan.of(directory, checkpoint, last + 1).tensors().stream()
        .noneMatch(tensor -> tensor.file().equals(shard))) {
      last++;
    }
    assertThat(last).isNotNegative();
    return last;
  }

  @ParameterizedTest
  @CsvSource({
    "llama, FP32",
    "llama-bf16, BF16",
    "llama-fp16, FP16",
    "gpt2, FP32",
    "llama-bf16, FP32",
    "llama, BF16"
  })
  void mappedWeightsAreWhatCopiedOnesAre(String name, ComputeType dtype) throws IOException {
    LocalDirectory local =
        new LocalDirectory(Golden.committed().resolve("backbones").resolve(name));
    List<float[]> states = new ArrayList<>();
    for (boolean mapping : new boolean[] {true, false}) {
      CountingDirectory directory = new CountingDirectory(local, mapping);
      try (Checkpoint checkpoint = Checkpoint.open(directory);
          Checkpoint golden = Checkpoint.open(local, "hidden.safetensors")) {
        BackbonePlan plan = BackbonePlan.of(directory, checkpoint, 1);
        try (Backbone backbone = Backbone.load(plan, checkpoint, dtype, Device.cpu(), List.of())) {
          // Mapped memory must outlive the buffers that Java sees.
          System.gc();
          states.add(states(backbone, golden, 1));
        }
      }
    }
    assertThat(states.get(0)).isEqualTo(states.get(1));
  }

  /** The references are fp32; native bf16 arithmetic is off by about 0.14, fp16 by 0.02. */
  @ParameterizedTest
  @CsvSource({
    "llama, BF16, 0.99",
    "llama-bf16, BF16, 0.99",
    "llama, FP16, 0.9999",
    "llama-fp16, FP16, 0.9999",
    "gpt_neox, BF16, 0.99",
    "gpt2, BF16, 0.99",
    "gemma, BF16, 0.99",
    "gemma2, BF16, 0.99",
    "modernbert, BF16, 0.99",
    "bert, BF16, 0.99",
    "roberta, FP16, 0.9999"
  })
  void sixteenBitsAreNear(String name, ComputeType dtype, double similarity) throws IOException {
    LocalDirectory directory =
        new LocalDirectory(Golden.committed().resolve("backbones").resolve(name));
    try (Checkpoint checkpoint = Checkpoint.open(directory);
        Checkpoint golden = Checkpoint.open(directory, "hidden.safetensors")) {
      int last =
          (int) golden.names().stream().filter(tensor -> tensor.startsWith("a.hidden.")).count()
              - 1;
      BackbonePlan plan = BackbonePlan.of(directory, checkpoint, last);
      try (Backbone backbone = Backbone.load(plan, checkpoint, dtype, Device.cpu(), List.of())) {
        float[] expected = golden.floats(golden.tensor("a.hidden." + last));
        float[] states = states(backbone, golden, last);
        assertThat(states).hasSameSizeAs(expected);
        float worst = 0;
        for (int i = 0; i < states.length; i++) {
          worst = Math.max(worst, Math.abs(states[i] - expected[i]));
        }
        assertThat(worst).as("it would be fp32 below").isGreaterThan(5e-4f);
        int width = plan.hiddenSize();
        for (int token = 0; token < states.length / width; token++) {
          assertThat(cosine(states, expected, token * width, width))
              .as("token %d", token)
              .isGreaterThan(similarity);
        }
      }
    }
  }

  /** States of batch a, which is one sentence without padding. */
  private static float[] states(Backbone backbone, Checkpoint golden, int layer)
      throws IOException {
    LongBuffer ids = golden.raw(golden.tensor("a.input_ids")).asLongBuffer();
    long[] tokens = new long[ids.remaining()];
    ids.get(tokens);
    return backbone.hiddenStates(tokens, new long[] {1, tokens.length}, layer).get(0);
  }

  private static double cosine(float[] a, float[] b, int from, int width) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = from; i < from + width; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
