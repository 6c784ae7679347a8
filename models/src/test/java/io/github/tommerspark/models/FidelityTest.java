package io.github.tommerspark.models;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.ResourceDirectory;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hidden states and mentions of the bundled models, on the weights that they are shipped with,
 * against Hugging Face transformers and the published equations ({@code
 * src/test/python/fidelity.py}).
 */
class FidelityTest {

  private static final float STATE_TOLERANCE = 2e-4f;
  private static final float SCORE_TOLERANCE = 2e-5f;
  private static final String VECTORS = "/io/github/tommerspark/models/fidelity";

  static List<String> models() throws IOException {
    return BundledModelsTest.models();
  }

  @ParameterizedTest
  @MethodSource("models")
  void hiddenStatesOfEveryBlock(String model) throws IOException {
    ModelDirectory snapshot = BundledModelsTest.directory(model);
    int layer = vectors(model).get("layer").asInt();
    try (Checkpoint expected =
            Checkpoint.open(
                new ResourceDirectory(FidelityTest.class, VECTORS), model + ".safetensors");
        Checkpoint checkpoint = Checkpoint.open(snapshot);
        Backbone backbone =
            Backbone.load(
                BackbonePlan.of(snapshot, checkpoint, layer),
                checkpoint,
                ComputeType.FP32,
                Device.cpu(),
                List.of())) {
      int texts = vectors(model).get("texts").size();
      long[] layers = LongStream.rangeClosed(0, layer).toArray();
      // All texts in one packed batch, each a sequence of its own.
      List<long[]> ids = new ArrayList<>();
      long[] groups = new long[2 * texts];
      for (int text = 0; text < texts; text++) {
        TensorInfo tensor = expected.tensor(text + ".ids");
        long[] one = new long[(int) tensor.elements()];
        expected.raw(tensor).asLongBuffer().get(one);
        ids.add(one);
        groups[2 * text] = 1;
        groups[2 * text + 1] = one.length;
      }
      List<float[]> states =
          backbone.hiddenStates(
              ids.stream().flatMapToLong(Arrays::stream).toArray(), groups, layers);
      for (int i = 0; i <= layer; i++) {
        int at = 0;
        for (int text = 0; text < texts; text++) {
          float[] golden = expected.floats(expected.tensor(text + ".hidden." + i));
          float worst = 0;
          for (float value : golden) {
            float difference = Math.abs(value - states.get(i)[at++]);
            worst = difference > worst || Float.isNaN(difference) ? difference : worst;
          }
          assertThat(worst).as("text %d, block %d", text, i).isLessThanOrEqualTo(STATE_TOLERANCE);
        }
        assertThat(at).isEqualTo(states.get(i).length);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void mentionsAtEveryThreshold(String model) throws IOException {
    JsonNode vectors = vectors(model);
    List<String> texts = new ArrayList<>();
    vectors.get("texts").forEach(text -> texts.add(text.get("text").asText()));
    int mentions = 0;
    for (JsonNode threshold : vectors.get("thresholds")) {
      try (MentionDetector detector =
          MentionDetector.builder()
              .model(model)
              .threshold(threshold.asDouble())
              .dtype(ComputeType.FP32)
              .device(DeviceChoice.CPU)
              .build()) {
        List<List<Mention>> found = detector.detect(texts);
        for (int i = 0; i < texts.size(); i++) {
          Map<List<Integer>, Double> expected = new LinkedHashMap<>();
          for (JsonNode mention : vectors.get("texts").get(i).get("mentions")) {
            if (mention.get("score").asDouble() > threshold.asDouble()) {
              expected.put(
                  List.of(mention.get("start").asInt(), mention.get("end").asInt()),
                  mention.get("score").asDouble());
            }
          }
          CodePointOffsets offsets = CodePointOffsets.of(texts.get(i));
          Map<List<Integer>, Float> actual = new LinkedHashMap<>();
          for (Mention mention : found.get(i)) {
            actual.put(
                List.of(offsets.toCodePoint(mention.start()), offsets.toCodePoint(mention.end())),
                mention.score());
          }
          assertThat(actual.keySet())
              .as("%s above %s", texts.get(i), threshold)
              .containsExactlyElementsOf(expected.keySet());
          actual.forEach(
              (place, score) ->
                  assertThat((double) score)
                      .as("score of %s", place)
                      .isBetween(
                          expected.get(place) - SCORE_TOLERANCE,
                          expected.get(place) + SCORE_TOLERANCE));
          mentions += actual.size();
        }
      }
    }
    assertThat(mentions).isGreaterThan(50);
  }

  private static JsonNode vectors(String model) throws IOException {
    try (InputStream in = FidelityTest.class.getResourceAsStream(VECTORS + "/" + model + ".json")) {
      return new ObjectMapper().readTree(in);
    }
  }
}
