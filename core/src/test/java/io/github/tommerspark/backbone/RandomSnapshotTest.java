package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RandomSnapshotTest {

  @TempDir private Path directory;

  @ParameterizedTest(name = "{0} as {1}")
  @CsvSource({"pythia-14m, BF16", "gpt2, F32", "bert-base-uncased, BF16"})
  void aShapeRuns(String shape, DType dtype) throws IOException {
    int width = RandomSnapshot.write(PublishedShapes.config(shape), 0, dtype, directory);
    LocalDirectory snapshot = new LocalDirectory(directory);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, 0);
      assertThat(plan.hiddenSize()).isEqualTo(width);
      assertThat(Files.size(directory.resolve("model.safetensors"))).isGreaterThan(plan.bytes());
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        float[] states =
            backbone.hiddenStates(new long[] {5, 6, 7, 5}, new long[] {1, 4}, 0).get(0);
        assertThat(states).hasSize(4 * width);
        double sum = 0;
        for (float state : states) {
          sum += Math.abs(state);
        }
        assertThat(sum / states.length).isBetween(1e-4, 10.0);
        assertThat(backbone.peakFlops(4, 1)).isPositive();
      }
    }
  }

  /**
   * 4 and 12 heads. Attention takes other products for long sequences, and for parts of many heads.
   */
  @ParameterizedTest
  @ValueSource(strings = {"pythia-14m", "gpt2"})
  void whatFollowsATokenAndWhatRunsBesideItChangesNothing(String shape) throws IOException {
    int width = RandomSnapshot.write(PublishedShapes.config(shape), 1, DType.F32, directory);
    LocalDirectory snapshot = new LocalDirectory(directory);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, 1);
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        int sequences = 7;
        int length = 130;
        int prefix = 70;
        long[] ids = new Random(1).longs((long) sequences * length, 0, 1000).toArray();
        float[] together = backbone.hiddenStates(ids, new long[] {sequences, length}, 1).get(0);
        for (int i = 0; i < sequences; i++) {
          long[] first = Arrays.copyOfRange(ids, i * length, i * length + prefix);
          float[] alone = backbone.hiddenStates(first, new long[] {1, prefix}, 1).get(0);
          double worst = 0;
          for (int j = 0; j < alone.length; j++) {
            worst = Math.max(worst, Math.abs(together[i * length * width + j] - alone[j]));
          }
          assertThat(worst).as("sequence %d", i).isLessThan(1e-5);
        }
      }
    }
  }

  @Test
  void flopsAreTwiceTheParametersOfTheBlocksMatrices() throws IOException {
    RandomSnapshot.write(PublishedShapes.config("pythia-14m"), 1, DType.BF16, directory);
    LocalDirectory snapshot = new LocalDirectory(directory);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, 1);
      // Two blocks of width 128: fused qkv, output, up and down.
      assertThat(plan.productFlops())
          .isEqualTo(2.0 * 2 * (3 * 128 * 128 + 128 * 128 + 2 * 128 * 512));
      // Two products of 128 for each of the 50.5 keys of the mean token of 100.
      assertThat(plan.attentionFlops(100)).isEqualTo(2 * 4.0 * 128 * 50.5);
    }
  }

  @Test
  void whatThereIsNotIsRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> PublishedShapes.config("llama-9"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("llama-9")
        .hasMessageContaining("Llama-3.2-1B");
    assertThatThrownBy(
            () ->
                RandomSnapshot.write(
                    PublishedShapes.config("pythia-14m"), 6, DType.BF16, directory))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("layers 0 to 5");
  }
}
