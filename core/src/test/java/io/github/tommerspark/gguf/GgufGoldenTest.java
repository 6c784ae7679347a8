package io.github.tommerspark.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.CountingDirectory;
import io.github.tommerspark.testing.Samples;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of every architecture and type against other programs: see make_gguf_golden.py. */
class GgufGoldenTest {

  private static final double TOLERANCE = 5e-5;

  private static Path folder() {
    return Samples.path("gguf");
  }

  static List<String> models() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".gguf"))
          .map(name -> name.substring(0, name.length() - 5))
          .sorted()
          .toList();
    }
  }

  private static GgufSnapshot snapshot(String model) {
    return GgufSnapshot.of(folder().resolve(model + ".gguf"));
  }

  @Test
  void thereIsAModelOfEveryArchitecture() throws IOException {
    List<String> models = models();
    assertThat(GgufArchitecture.labels()).allMatch(models::contains);
  }

  @ParameterizedTest
  @EnumSource(GgufType.class)
  void valuesOfBlocksAreThoseOfTheReferenceToTheBit(GgufType type) throws IOException {
    if (!type.quantised()) {
      return;
    }
    try (Checkpoint golden = Checkpoint.open(new LocalDirectory(folder()), "quants.safetensors")) {
      byte[] bytes = bytes(golden.raw(golden.tensor(type + ".bytes")));
      float[] expected = golden.floats(golden.tensor(type + ".values"));
      float[] values = new float[expected.length];
      for (int i = 0; i * type.blockBytes() < bytes.length; i++) {
        type.block(bytes, i * type.blockBytes(), values, i * type.blockElements());
      }
      assertThat(values).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void hiddenStatesAreThoseOfTheModelThatTheFileWasMadeOf(String model) throws IOException {
    GgufSnapshot snapshot = snapshot(model);
    try (Checkpoint golden = Checkpoint.open(new LocalDirectory(folder()), model + ".safetensors");
        Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, snapshot.layers() - 1);
      assertThat(plan.warnings()).isEmpty();
      LongBuffer buffer = golden.raw(golden.tensor("ids")).asLongBuffer();
      long[] ids = new long[buffer.remaining()];
      buffer.get(ids);
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        for (int layer = 0; layer < snapshot.layers(); layer++) {
          float[] expected = golden.floats(golden.tensor("hidden." + layer));
          float[] states = backbone.hiddenStates(ids, new long[] {1, ids.length}, layer).get(0);
          assertThat(states).hasSameSizeAs(expected);
          for (int i = 0; i < states.length; i++) {
            assertThat(Math.abs(states[i] - expected[i]))
                .as("layer %d, element %d", layer, i)
                .isLessThanOrEqualTo((float) (TOLERANCE * Math.max(1, Math.abs(expected[i]))));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void tokensAreThoseOfTheOriginalTokenizer(String model) throws IOException {
    JsonNode cases = new ObjectMapper().readTree(folder().resolve(model + ".json").toFile());
    assertThat(cases).isNotEmpty();
    SoftAssertions all = new SoftAssertions();
    try (TextTokenizer tokenizer = tokenizer(snapshot(model))) {
      for (JsonNode one : cases) {
        TokenizedText tokens = tokenizer.encode(one.get("text").asText());
        List<Integer> ids = new ArrayList<>();
        IntStream.of(tokenizer.prefixIds()).forEach(ids::add);
        IntStream.range(0, tokens.size()).forEach(i -> ids.add(tokens.id(i)));
        List<Integer> expected = new ArrayList<>();
        one.get("ids").forEach(id -> expected.add(id.asInt()));
        all.assertThat(ids).as(one.get("text").asText()).isEqualTo(expected);
      }
    }
    all.assertAll();
  }

  static TextTokenizer tokenizer(ModelDirectory snapshot) throws IOException {
    return TextTokenizer.load(
        snapshot.name(),
        new ByteArrayInputStream(snapshot.readAll("tokenizer.json", 256 << 20)),
        BosPolicy.TOKENIZER,
        OptionalInt.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "gptneox", "gemma", "phi2"})
  void anyRangeOfTheWeightsIsThatOfTheWhole(String model) throws IOException {
    try (var source = snapshot(model).open("model.safetensors")) {
      ByteBuffer whole = ByteBuffer.allocate((int) source.size());
      source.read(0, whole);
      Random random = new Random(1);
      for (int i = 0; i < 400; i++) {
        int from = random.nextInt(whole.capacity());
        int length = random.nextInt(Math.min(whole.capacity() - from, 1 << random.nextInt(17)) + 1);
        ByteBuffer part = ByteBuffer.allocate(length);
        source.read(from, part);
        assertThat(part.array())
            .as("%d bytes from %d", length, from)
            .isEqualTo(Arrays.copyOfRange(whole.array(), from, from + length));
        source
            .map(from, length)
            .ifPresent(
                mapped ->
                    assertThat(bytes(mapped))
                        .isEqualTo(Arrays.copyOfRange(whole.array(), from, from + length)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gptneox"})
  void blocksThatAreNotNeededAreNotRead(String model) throws IOException {
    long ofBlock;
    try (var file = new LocalDirectory(folder()).open(model + ".gguf")) {
      ofBlock =
          GgufHeader.read(model, file, false).tensors().values().stream()
              .filter(tensor -> tensor.name().startsWith("blk.1."))
              .mapToLong(GgufTensor::byteSize)
              .sum();
    }
    assertThat(bytesRead(model, 1) - bytesRead(model, 0)).isEqualTo(ofBlock).isPositive();
  }

  private static long bytesRead(String model, int layer) throws IOException {
    CountingDirectory counting = new CountingDirectory(new LocalDirectory(folder()), true);
    GgufSnapshot snapshot = new GgufSnapshot(counting, model + ".gguf");
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, layer);
      Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of()).close();
    }
    return counting.bytes();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
