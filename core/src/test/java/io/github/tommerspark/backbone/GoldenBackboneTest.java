package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Device;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.testing.OverlayDirectory;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Hidden states of every stored layer and batch against Hugging Face transformers. */
class GoldenBackboneTest {
  private static final float TOLERANCE = 2e-4f;

  @TestFactory
  Stream<DynamicNode> backbones() throws IOException {
    return directories().stream()
        .map(
            directory ->
                dynamicContainer(
                    directory.getFileName().toString(),
                    Stream.of("config.json", "config.v5.json")
                        .filter(config -> Files.exists(directory.resolve(config)))
                        .map(
                            config ->
                                dynamicTest(config, () -> compareWithGolden(directory, config)))));
  }

  static List<Path> directories() throws IOException {
    return Golden.directories("backbones");
  }

  private static void compareWithGolden(Path directory, String config) throws IOException {
    ModelDirectory snapshot =
        new OverlayDirectory(
            new LocalDirectory(directory),
            Map.of("config.json", Files.readAllBytes(directory.resolve(config))));
    try (Checkpoint golden = Checkpoint.open(snapshot, "hidden.safetensors");
        Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      int layers =
          (int) golden.names().stream().filter(name -> name.startsWith("a.hidden.")).count();
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, layers - 1);
      assertThat(plan.warnings()).isEmpty();
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        assertThat(checkpoint.bytesRead()).isEqualTo(plan.bytes());
        for (String batch : List.of("a", "b", "c")) {
          compareBatch(backbone, golden, batch, layers);
        }
      }
    }
  }

  private static void compareBatch(Backbone backbone, Checkpoint golden, String batch, int layers)
      throws IOException {
    TensorInfo shape = golden.tensor(batch + ".input_ids");
    int sequences = (int) shape.shape()[0];
    int padded = (int) shape.shape()[1];
    int width = backbone.plan().hiddenSize();
    LongBuffer ids = golden.raw(shape).asLongBuffer();
    LongBuffer mask = golden.raw(golden.tensor(batch + ".attention_mask")).asLongBuffer();

    // Packed: what the padding of the stored batch leaves.
    List<Long> packed = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    long[] groups = new long[2 * sequences];
    for (int row = 0; row < sequences; row++) {
      groups[2 * row] = 1;
      for (int column = 0; column < padded; column++) {
        if (mask.get(row * padded + column) == 1) {
          packed.add(ids.get(row * padded + column));
          places.add(row * padded + column);
          groups[2 * row + 1]++;
        }
      }
    }
    long[] layerIndices = IntStream.range(0, layers).asLongStream().toArray();
    List<float[]> states =
        backbone.hiddenStates(
            packed.stream().mapToLong(Long::longValue).toArray(), groups, layerIndices);
    assertThat(states).hasSize(layers);
    for (int layer = 0; layer < layers; layer++) {
      float[] expected = golden.floats(golden.tensor(batch + ".hidden." + layer));
      float worst = 0;
      for (int token = 0; token < places.size(); token++) {
        for (int i = 0; i < width; i++) {
          float difference =
              Math.abs(
                  expected[places.get(token) * width + i] - states.get(layer)[token * width + i]);
          worst = difference > worst || Float.isNaN(difference) ? difference : worst;
        }
      }
      assertThat(worst).as("batch %s, layer %d", batch, layer).isLessThanOrEqualTo(TOLERANCE);
    }
  }
}
