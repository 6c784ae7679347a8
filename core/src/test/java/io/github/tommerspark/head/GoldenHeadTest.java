package io.github.tommerspark.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.ScriptModule;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Logits and probabilities of the shipped head source against the published code. */
class GoldenHeadTest {
  private static ScriptModule module;

  /** As GPUs run it. */
  private static ScriptModule scanning;

  @BeforeAll
  static void loadModules() {
    module = load("extremes");
    scanning = load("extremes_scan");
  }

  private static ScriptModule load(String extremes) {
    return ScriptModule.load(
        List.of("packed", "projection", extremes, "head", "dropout", "boundary"),
        Map.of(),
        Device.cpu());
  }

  @AfterAll
  static void closeModules() {
    module.close();
    scanning.close();
  }

  @TestFactory
  Stream<DynamicTest> heads() throws IOException {
    return Golden.directories("heads").stream()
        .filter(path -> Files.isDirectory(path.resolve("new")))
        .flatMap(
            directory ->
                Stream.of("old", "new", "new_objects")
                    .map(
                        format ->
                            dynamicTest(
                                directory.getFileName() + "/" + format,
                                () -> compare(directory.resolve(format), directory))));
  }

  @Test
  void publishedHead() throws IOException {
    Path head =
        Golden.shared()
            .map(shared -> shared.resolve("heads/ToMMeR-Llama-3.2-1B_L6_R64"))
            .filter(Files::isDirectory)
            .orElse(null);
    Assumptions.assumeTrue(head != null, "The published head is not part of this repository");
    compare(head, Golden.committed().resolve("heads/published"));
  }

  private static void compare(Path files, Path outputs) throws IOException {
    Head head = HeadFiles.read(new LocalDirectory(files));
    try (Checkpoint golden = Checkpoint.open(new LocalDirectory(outputs), "outputs.safetensors")) {
      for (int i = 0; golden.names().contains("r" + i + ".reps"); i++) {
        compare(head, golden, "r" + i + ".reps", "r" + i);
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> grid() throws IOException {
    Path heads = Golden.root().resolve("heads");
    if (!Files.exists(heads.resolve("grid.json"))) {
      return Stream.empty();
    }
    JsonNode cases = new JsonMapper().readTree(heads.resolve("grid.json").toFile());
    return IntStream.range(0, cases.size())
        .mapToObj(
            i ->
                dynamicTest(
                    cases.get(i).get("fields").toString(),
                    () -> {
                      try (Checkpoint golden =
                          Checkpoint.open(new LocalDirectory(heads), "grid.safetensors")) {
                        Head head = gridHead(golden, cases.get(i).get("fields"));
                        compare(head, golden, "reps", cases.get(i).get("key").asText());
                      }
                    }));
  }

  private static Head gridHead(Checkpoint golden, JsonNode fields) throws IOException {
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            fields.get("llm_name").asText(),
            fields.get("layer").asInt(),
            fields.get("rank").asInt(),
            fields.get("causal_mask").asBoolean(),
            fields.get("sliding_window").asInt(),
            fields.get("use_cosine").asBoolean(),
            Stream.of(ScoreNormalization.values())
                .filter(n -> n.key().equals(fields.get("normalize_scores").asText()))
                .findFirst()
                .orElseThrow(),
            HeadAdditions.NONE);
    float[] value = golden.floats(golden.tensor("w.classifier.fc.weight"));
    return new PublishedHead(
        config,
        value.length,
        golden.floats(golden.tensor("w.W_Q")),
        golden.floats(golden.tensor("w.W_K")),
        value,
        golden.floats(golden.tensor("w.classifier.fc.bias"))[0],
        golden.floats(golden.tensor("w.cl_w")));
  }

  private static void compare(Head head, Checkpoint golden, String repsName, String key)
      throws IOException {
    TensorInfo repsInfo = golden.tensor(repsName);
    float[] reps = golden.floats(repsInfo);
    long[] shape = repsInfo.shape();
    int batch = (int) shape[0];
    int tokens = (int) shape[1];
    float[] logits = golden.floats(golden.tensor(key + ".logits"));
    float[] probabilities = golden.floats(golden.tensor(key + ".probs"));
    ByteBuffer mask = golden.raw(golden.tensor(key + ".mask"));
    float largest = 0;
    for (int i = 0; i < logits.length; i++) {
      largest = mask.get(i) == 0 ? largest : Math.max(largest, Math.abs(logits[i]));
    }

    float[] actual = new float[logits.length];
    Arrays.fill(actual, Float.NaN);
    List<Integer> cells = new ArrayList<>();
    List<Span> spans = score(module, head, reps, batch, tokens);
    assertThat(score(scanning, head, reps, batch, tokens)).isEqualTo(spans);
    for (Span span : spans) {
      int row = (int) span.end() / tokens;
      int cell = (row * tokens + (int) span.end() % tokens) * tokens + (int) span.start() % tokens;
      assertThat(span.start() / tokens).isEqualTo(row);
      assertThat(actual[cell]).as("each span once").isNaN();
      actual[cell] = span.logit();
      cells.add(cell);
    }
    for (int end = 0; end < batch * tokens; end++) {
      for (int start = 0; start < tokens; start++) {
        int cell = end * tokens + start;
        boolean expected = mask.get(cell) != 0 && start <= end % tokens;
        assertThat(!Float.isNaN(actual[cell]))
            .as("start %d, end %d", start, end)
            .isEqualTo(expected);
        if (expected) {
          double tolerance =
              head.config().useCosine()
                  ? 1e-4 + 1e-5 * Math.abs(logits[cell])
                  : 1e-4 + 2e-6 * largest;
          assertThat((double) actual[cell])
              .as("logit of start %d, end %d", start, end)
              .isBetween(logits[cell] - tolerance, logits[cell] + tolerance);
          assertThat(1 / (1 + Math.exp(-actual[cell])))
              .isBetween(probabilities[cell] - 1e-5, probabilities[cell] + 1e-5);
        }
      }
    }
  }

  private record Span(long start, long end, float logit) {}

  private static List<Span> score(
      ScriptModule module, Head head, float[] reps, int batch, int tokens) {
    try (PtNDManager call = module.newCallManager()) {
      PtNDArray[] weights =
          head.parameters().stream()
              .map(tensor -> module.floats(call, tensor.values(), tensor.shape()))
              .toArray(PtNDArray[]::new);
      IValue[] result =
          module
              .run(
                  "spans",
                  IValue.from(module.floats(call, reps, (long) batch * tokens, head.hiddenSize())),
                  IValue.listFrom((long) batch, (long) tokens),
                  IValue.listFrom(weights),
                  IValue.from((long) head.config().slidingWindow()),
                  IValue.from(head.config().causalMask()),
                  IValue.from(head.config().useCosine()),
                  IValue.from(head.config().normalizeScores().key()),
                  IValue.from(Double.NEGATIVE_INFINITY))
              .toIValueTuple();
      long[] spans = result[0].toTensor(call).toLongArray();
      float[] logits = result[1].toTensor(call).toFloatArray();
      return IntStream.range(0, logits.length)
          .mapToObj(i -> new Span(spans[i], spans[logits.length + i], logits[i]))
          .toList();
    }
  }
}
