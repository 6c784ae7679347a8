package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.train.HeadScript.HeadStep;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Losses, gradients and optimiser steps against the published code. */
class GoldenTrainingTest {
  private static final List<String> PARAMETERS =
      List.of("W_Q", "W_K", "classifier.fc.weight", "classifier.fc.bias", "cl_w");

  private static HeadScript script;
  private static JsonNode info;

  @BeforeAll
  static void load() throws IOException {
    script = new HeadScript(Device.cpu());
    info = new JsonMapper().readTree(directory().resolve("info.json").toFile());
  }

  @AfterAll
  static void close() {
    script.close();
  }

  private static Path directory() {
    Path chosen = Golden.root().resolve("training");
    return Files.isDirectory(chosen) ? chosen : Golden.committed().resolve("training");
  }

  @TestFactory
  Stream<DynamicTest> scenarios() {
    List<DynamicTest> tests = new ArrayList<>();
    info.fields()
        .forEachRemaining(
            scenario -> {
              Iterator<Map.Entry<String, JsonNode>> variants =
                  scenario.getValue().path("variants").fields();
              variants.forEachRemaining(
                  variant ->
                      tests.add(
                          dynamicTest(
                              scenario.getKey() + "/" + variant.getKey(),
                              () -> compare(scenario, variant))));
            });
    assertThat(tests).hasSizeGreaterThanOrEqualTo(30);
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> distillation() {
    return Stream.of("sparse_T1.0", "sparse_T2.0", "soft_T1.0", "soft_T2.0")
        .map(key -> dynamicTest(key, () -> compareDistillation(key)));
  }

  private static void compareDistillation(String key) throws IOException {
    List<String> sources = new ArrayList<>(HeadScript.SOURCES);
    sources.add("distillation_probe");
    try (Checkpoint golden =
            Checkpoint.open(new LocalDirectory(directory()), "distill.safetensors");
        ScriptModule probe = ScriptModule.load(sources, Map.of(), Device.cpu());
        PtNDManager call = probe.newCallManager()) {
      ByteBuffer mask = golden.raw(golden.tensor("mask"));
      float[] counts = new float[mask.remaining()];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = mask.get(i);
      }
      double[] settings =
          distilling(
                  key.startsWith("soft"), Double.parseDouble(key.substring(key.indexOf('T') + 1)))
              .settings(1);
      NDList found =
          probe.runRecording(
              call,
              "distillation_gradient",
              List.of(
                  new NDList(call.create(golden.floats(golden.tensor("student")))),
                  new NDList(
                      call.create(golden.floats(golden.tensor("teacher"))),
                      call.create(golden.floats(golden.tensor("gt"))),
                      call.create(counts)),
                  new NDList(call.create(settings))));
      double loss = 0;
      for (JsonNode known : info.get("distill")) {
        loss = known.get("key").asText().equals(key) ? known.get("loss").asDouble() : loss;
      }
      assertThat((double) found.get(0).toFloatArray()[0]).isCloseTo(loss, within(loss));
      close(found.get(1), golden.floats(golden.tensor(key + ".grad_student")), key);
    }
  }

  private static TrainingOptions distilling(boolean dense, double temperature) {
    TrainingOptions base = TrainingOptions.defaults();
    return new TrainingOptions(
        base.window(),
        base.causal(),
        base.cosine(),
        base.normalization(),
        base.epochs(),
        base.batch(),
        base.learningRate(),
        base.minLearningRate(),
        base.patience(),
        base.clip(),
        base.weightDecay(),
        base.positiveWeight(),
        base.pseudoLabels(),
        base.dilation(),
        1,
        base.teacherThreshold(),
        temperature,
        dense,
        base.resetStudent(),
        base.seed(),
        base.layout(),
        base.dropout(),
        base.schedule());
  }

  private static void compare(
      Map.Entry<String, JsonNode> scenario, Map.Entry<String, JsonNode> variant)
      throws IOException {
    TrainingOptions options =
        options(scenario.getValue().get("fields"), variant.getKey(), variant.getValue());
    String name = variant.getKey();
    try (Checkpoint golden =
            Checkpoint.open(new LocalDirectory(directory()), scenario.getKey() + ".safetensors");
        PtNDManager call = script.newCall()) {
      LabelledBatch batch = batch(golden, scenario.getValue().get("pad_token_id").asInt());
      PtNDArray reps = script.states(call, golden.floats(golden.tensor("reps")), batch.tokens());
      NDList weights = weights(call, golden);
      NDList found = script.lossAndGradients(call, reps, batch, weights, null, options, 0);
      double loss = variant.getValue().get("loss").asDouble();
      assertThat((double) found.get(0).toFloatArray()[0]).as("loss").isCloseTo(loss, within(loss));
      for (int p = 0; p < PARAMETERS.size(); p++) {
        String key = name + ".grad." + PARAMETERS.get(p);
        close(found.get(p + 1), golden.floats(golden.tensor(key)), key);
      }
      threeSteps(call, reps, batch, weights, variant, options, golden, found);
    }
  }

  private static Offset<Double> within(double value) {
    return Offset.offset(1e-5 * Math.abs(value) + 1e-9);
  }

  private static void close(NDArray actual, float[] expected, String what) {
    float[] values = actual.toFloatArray();
    assertThat(values).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) values[i])
          .as("%s[%d]", what, i)
          .isBetween(
              expected[i] - 1e-5 - 1e-4 * Math.abs(expected[i]),
              expected[i] + 1e-5 + 1e-4 * Math.abs(expected[i]));
    }
  }

  private static void threeSteps(
      PtNDManager call,
      PtNDArray reps,
      LabelledBatch batch,
      NDList weights,
      Map.Entry<String, JsonNode> variant,
      TrainingOptions options,
      Checkpoint golden,
      NDList gradients)
      throws IOException {
    NDList state = new NDList(weights);
    state.addAll(HeadScript.zerosLike(weights));
    state.addAll(HeadScript.zerosLike(weights));
    for (int step = 1; step <= 3; step++) {
      float[][] report =
          script.step(
              call,
              new NDList(reps),
              batch,
              state,
              null,
              List.of(new HeadStep(0, step, options.learningRate(), 0)),
              options,
              0);
      double loss = variant.getValue().get("losses_adamw_3_steps").get(step - 1).asDouble();
      assertThat((double) report[0][0]).as("loss %d", step).isCloseTo(loss, within(loss));
    }
    for (int p = 0; p < PARAMETERS.size(); p++) {
      String key = variant.getKey() + ".after3." + PARAMETERS.get(p);
      if (!golden.names().contains(key)) {
        assertThat(variant.getKey()).doesNotMatch("balanced(_pl0\\.9)?");
        continue;
      }
      float[] expected = golden.floats(golden.tensor(key));
      float[] actual = state.get(p).toFloatArray();
      float[] gradient = gradients.get(p + 1).toFloatArray();
      for (int i = 0; i < expected.length; i++) {
        if (Math.abs(gradient[i]) > 1e-6) {
          assertThat((double) actual[i])
              .as("%s[%d]", key, i)
              .isBetween(expected[i] - 1e-5, expected[i] + 1e-5);
        }
      }
    }
  }

  private static TrainingOptions options(JsonNode fields, String name, JsonNode variant) {
    TrainingOptions base = TrainingOptions.defaults();
    double pseudo =
        name.contains("_pl") ? Double.parseDouble(name.substring(name.indexOf("_pl") + 3)) : 1;
    if (pseudo < 1) {
      assertThat(Math.log(pseudo / (1 - pseudo)))
          .isCloseTo(variant.get("pl_logit").asDouble(), Offset.offset(1e-5));
    }
    return new TrainingOptions(
        fields.get("sliding_window").asInt(),
        fields.get("causal_mask").asBoolean(),
        fields.get("use_cosine").asBoolean(),
        Stream.of(ScoreNormalization.values())
            .filter(n -> n.key().equals(fields.get("normalize_scores").asText()))
            .findFirst()
            .orElseThrow(),
        1,
        1,
        1e-3,
        0,
        base.patience(),
        0,
        1e-4,
        name.startsWith("posweight") ? 3 : 0,
        pseudo,
        base.dilation(),
        0,
        base.teacherThreshold(),
        1,
        false,
        false,
        0,
        base.layout(),
        base.dropout(),
        base.schedule());
  }

  private static NDList weights(PtNDManager call, Checkpoint golden) throws IOException {
    NDList weights = new NDList();
    for (String name : PARAMETERS) {
      long[] shape = golden.tensor("w." + name).shape();
      float[] values = golden.floats(golden.tensor("w." + name));
      weights.add(
          name.equals("cl_w") ? call.create(values) : call.create(values, new Shape(shape)));
    }
    return weights;
  }

  /** Padded rows as sequences of equal length whose padding no span may touch. */
  private static LabelledBatch batch(Checkpoint golden, int padding) throws IOException {
    long[] tokens = longs(golden, "tokens");
    long[] shape = golden.tensor("tokens").shape();
    int length = (int) shape[1];
    byte[] kept = new byte[2 * tokens.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = (byte) (tokens[i % tokens.length] == padding ? 0 : 1);
    }
    float[] pattern = golden.floats(golden.tensor("pattern"));
    List<Integer> starts = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    for (int cell = 0; cell < pattern.length; cell++) {
      if (pattern[cell] > 0) {
        int end = cell / length;
        ends.add(end);
        starts.add(end / length * length + cell % length);
      }
    }
    return new LabelledBatch(
        tokens,
        new long[] {shape[0], length},
        kept,
        starts.stream().mapToInt(Integer::intValue).toArray(),
        ends.stream().mapToInt(Integer::intValue).toArray());
  }

  private static long[] longs(Checkpoint golden, String name) throws IOException {
    ByteBuffer raw = golden.raw(golden.tensor(name)).order(ByteOrder.LITTLE_ENDIAN);
    LongBuffer buffer = raw.asLongBuffer();
    long[] values = new long[buffer.remaining()];
    buffer.get(values);
    return values;
  }
}
