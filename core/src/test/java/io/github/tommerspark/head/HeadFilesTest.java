package io.github.tommerspark.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.testing.InMemoryDirectory;
import io.github.tommerspark.testing.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadFilesTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String JSON = "experimaestro.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String ADDITIONS = "tommer.json";

  @TempDir Path temporary;

  static List<Path> goldenHeads() throws IOException {
    List<Path> heads = new ArrayList<>();
    try (Stream<Path> folders = Files.walk(Golden.root())) {
      folders.filter(folder -> Files.isDirectory(folder.resolve("new"))).forEach(heads::add);
    }
    return heads;
  }

  @ParameterizedTest
  @MethodSource("goldenHeads")
  void allLayoutsOfAHeadAreEqual(Path folder) throws IOException {
    Head head = read(folder.resolve("new"));
    assertThat(read(folder.resolve("old"))).isEqualTo(head).hasSameHashCodeAs(head);
    assertThat(read(folder.resolve("new_objects"))).isEqualTo(head);
    assertThat(head.config().additions().bosAlways()).isFalse();
    assertThat(head.config().additions().thresholds().recommended()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("goldenHeads")
  void settingsAndSizesAreThoseOfTheFiles(Path folder) throws IOException {
    PublishedHead head = (PublishedHead) read(folder.resolve("old"));
    JsonNode fields = json(folder.resolve("new").resolve(JSON)).get(0).get("fields");
    HeadConfig config = head.config();
    assertThat(config.llmName()).isEqualTo(fields.get("llm_name").asText());
    assertThat(config.layer()).isEqualTo(fields.get("layer").asInt());
    assertThat(config.rank()).isEqualTo(fields.get("rank").asInt());
    assertThat(config.causalMask()).isEqualTo(fields.get("causal_mask").asBoolean());
    assertThat(config.slidingWindow()).isEqualTo(fields.get("sliding_window").asInt());
    assertThat(config.useCosine()).isEqualTo(fields.get("use_cosine").asBoolean());
    assertThat(config.normalizeScores().key()).isEqualTo(fields.get("normalize_scores").asText());
    try (Checkpoint file = Checkpoint.open(new LocalDirectory(folder.resolve("new")))) {
      assertThat(head.queryWeight()).isEqualTo(file.floats(file.tensor("W_Q")));
      assertThat(head.keyWeight()).isEqualTo(file.floats(file.tensor("W_K")));
      assertThat(head.valueWeight()).isEqualTo(file.floats(file.tensor("classifier.fc.weight")));
      assertThat(head.valueBias()).isEqualTo(file.floats(file.tensor("classifier.fc.bias"))[0]);
      assertThat(head.featureWeights()).isEqualTo(file.floats(file.tensor("cl_w")));
      assertThat((long) head.hiddenSize()).isEqualTo(file.tensor("W_Q").shape()[0]);
      long parameters = 0;
      for (String name : file.names()) {
        parameters += file.tensor(name).elements();
      }
      assertThat(head.parameterCount()).isEqualTo(parameters);
    }
  }

  @ParameterizedTest
  @MethodSource("goldenHeads")
  void whatIsWrittenHasTheNewerLayout(Path folder) throws IOException {
    Path golden = folder.resolve("new");
    Head head = read(golden);
    HeadFiles.write(head, temporary.resolve("a/b"));
    Path written = temporary.resolve("a/b");
    assertThat(read(written)).isEqualTo(head);
    assertThat(json(written.resolve(JSON))).isEqualTo(json(golden.resolve(JSON)));
    try (Checkpoint actual = Checkpoint.open(new LocalDirectory(written));
        Checkpoint expected = Checkpoint.open(new LocalDirectory(golden))) {
      assertThat(actual.names()).containsExactlyElementsOf(expected.names());
      for (String name : expected.names()) {
        TensorInfo tensor = actual.tensor(name);
        TensorInfo reference = expected.tensor(name);
        assertThat(tensor.dtype()).isEqualTo(reference.dtype());
        assertThat(tensor.shape()).isEqualTo(reference.shape());
        assertThat(actual.raw(tensor)).isEqualTo(expected.raw(reference));
      }
    }
  }

  @Test
  void readsThePublishedHead() throws IOException {
    Path folder = shared("heads/ToMMeR-Llama-3.2-1B_L6_R64");
    PublishedHead head = (PublishedHead) read(folder);
    assertThat(head.config())
        .isEqualTo(
            new HeadConfig(
                HeadType.PUBLISHED,
                "meta-llama/Llama-3.2-1B",
                6,
                64,
                true,
                25,
                true,
                ScoreNormalization.NONE,
                HeadAdditions.NONE));
    assertThat(head.hiddenSize()).isEqualTo(2048);
    assertThat(head.parameterCount()).isEqualTo(264_198);
    float[] expected = {29.7141f, 22.7382f, -13.4370f, -0.0309f, 0.4027f};
    for (int i = 0; i < expected.length; i++) {
      assertThat(head.featureWeights()[i]).isCloseTo(expected[i], within(5e-5f));
    }
    assertThat(head.valueBias()).isCloseTo(-2.0431f, within(5e-5f));
    HeadFiles.write(head, temporary);
    assertThat(read(temporary)).isEqualTo(head);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nano-llama", "nano-neox"})
  void readsTheHeadsOfTheNanoModels(String model) throws IOException {
    Head head = HeadFiles.read(new LocalDirectory(shared("models")).folder(model).folder("head"));
    assertThat(head.config().llmName()).isEqualTo(model);
    assertThat(head.config().rank()).isEqualTo(64);
  }

  @Property(tries = 100)
  void whatIsWrittenIsRead(
      @ForAll @IntRange(min = 1, max = 6) int width,
      @ForAll @IntRange(min = 1, max = 5) int rank,
      @ForAll @IntRange(max = 40) int layer,
      @ForAll ScoreNormalization normalization,
      @ForAll boolean causal,
      @ForAll boolean bosAlways,
      @ForAll String llmName,
      @ForAll Optional<@IntRange(max = 100) Integer> threshold,
      @ForAll long seed)
      throws IOException {
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            llmName.replaceAll("\\p{Cs}", "?"),
            layer,
            rank,
            causal,
            layer % 3,
            !causal,
            normalization,
            new HeadAdditions(
                bosAlways,
                false,
                threshold
                    .map(t -> HeadThresholds.recommended(t / 100.0))
                    .orElse(HeadThresholds.NONE),
                Calibration.NONE));
    Random random = new Random(seed);
    Head head =
        new PublishedHead(
            config,
            width,
            gaussians(random, width * rank),
            gaussians(random, width * rank),
            gaussians(random, width),
            (float) random.nextGaussian(),
            gaussians(random, PublishedHead.FEATURES));
    Path folder = Files.createTempDirectory("head");
    try {
      HeadFiles.write(head, folder);
      HeadFiles.write(head, folder);
      assertThat(read(folder)).isEqualTo(head);
      // The published files are those that others know; what we add stands beside them.
      assertThat(Files.readString(folder.resolve(JSON))).doesNotContain("recommended", "\"bos\"");
      assertThat(Files.exists(folder.resolve(ADDITIONS)))
          .isEqualTo(bosAlways || threshold.isPresent());
    } finally {
      Files.deleteIfExists(folder.resolve(ADDITIONS));
      for (String file : new String[] {JSON, WEIGHTS, ""}) {
        // The last one fails when anything but these files was left behind.
        Files.delete(folder.resolve(file));
      }
    }
  }

  @Test
  void theOrderOfObjectsAndUnknownFieldsDoNotMatter() throws IOException {
    JsonNode golden = json(golden("new").resolve(JSON));
    ((ObjectNode) golden.get(0).get("fields")).put("dropout", 0.1);
    JsonNode reversed = MAPPER.createArrayNode().add(golden.get(1)).add(golden.get(0));
    Head head = HeadFiles.read(memory(reversed.toString(), weights()));
    assertThat(head).isEqualTo(read(golden("new")));
  }

  @Test
  void theLoaderNamesTheFile() throws IOException {
    String loader = "\"value\":\"model.safetensors\",\"is_folder\":false";
    String json = json(golden("new").resolve(JSON)).toString();
    assertThat(json).contains(loader);
    for (Map.Entry<String, String> path :
        Map.of(
                "\"value\":\"w/x.safetensors\"", "w/x.safetensors",
                "\"value\":\"w\",\"is_folder\":true", "w/model.safetensors")
            .entrySet()) {
      Map<String, byte[]> files = new HashMap<>();
      files.put(JSON, json.replace(loader, path.getKey()).getBytes(StandardCharsets.UTF_8));
      files.put(path.getValue(), weights());
      assertThat(HeadFiles.read(new InMemoryDirectory(files))).isEqualTo(read(golden("new")));
    }
    assertThatThrownBy(
            () -> HeadFiles.read(memory(json.replace(loader, "\"value\":\"../x\""), weights())))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"../x\" is not a plain relative path");
    assertThatThrownBy(
            () -> HeadFiles.read(memory(json.replace(loader, "\"value\":\"x\""), weights())))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "Cannot read head memory/x: the file is missing, and the parameters should be in it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llm_name",
        "layer",
        "rank",
        "causal_mask",
        "sliding_window",
        "use_cosine",
        "normalize_scores"
      })
  void everyFieldIsRequiredAndTyped(String field) throws IOException {
    JsonNode json = json(golden("new").resolve(JSON));
    ObjectNode fields = (ObjectNode) json.get(0).get("fields");
    fields.putArray(field).add(1);
    refused(json.toString(), "memory/%s: field \"%s\" is ".formatted(JSON, field));
    fields.putNull(field);
    refused(json.toString(), "field \"%s\" is null, and must be ".formatted(field));
    fields.remove(field);
    refused(json.toString(), "memory/%s: field \"%s\" is missing".formatted(JSON, field));
  }

  @ParameterizedTest
  @CsvSource({
    "layer, -1, at least 0",
    "layer, 1.5, an integer",
    "layer, 4294967297, an integer",
    "rank, 0, at least 1",
    "rank, true, an integer",
    "sliding_window, -1, at least 0",
    "causal_mask, 1, true or false",
    "normalize_scores, '\"tanh\"', '\"\", \"log_sigmoid\" or \"atan\"'",
    "bos, '\"never\"', '\"always\" or \"tokenizer\"'",
    "recommended_threshold, 1.5, between 0 and 1",
    "recommended_threshold, -0.1, between 0 and 1",
    "recommended_threshold, '\"0.5\"', a number",
  })
  void refusesFieldsOutOfRange(String field, String value, String expected) throws IOException {
    JsonNode json = json(golden("new").resolve(JSON));
    ((ObjectNode) json.get(0).get("fields")).set(field, MAPPER.readTree(value));
    refused(
        json.toString(),
        "Cannot read head memory/%s: field \"%s\" is %s, and must be %s"
            .formatted(JSON, field, value, expected));
  }

  @ParameterizedTest
  @CsvSource({
    "{}, no object of type ToMMeR",
    "[], no object of type ToMMeR",
    "3, no object of type ToMMeR",
    "'[{\"type\": \"Other\"}]', 'no object of type ToMMeR, only \"Other\"'",
    "'[{\"type\": \"ToMMeR\"}, {\"type\": \"ToMMeR\"}]', several objects of type ToMMeR",
    "'[{\"type\": \"ToMMeR\"}]', field \"llm_name\" is missing",
    "'[{\"type\": \"ToMMeR\", \"fields\": []}]', field \"llm_name\" is missing",
    "'', it is empty",
    "'[', not valid JSON",
    "'[] []', not valid JSON",
    "'{\"objects\": [], \"objects\": []}', not valid JSON",
  })
  void refusesADefinitionWithoutAHead(String json, String reason) {
    refused(json, reason);
  }

  @Test
  void refusesDeeplyNestedDefinitions() {
    refused("[".repeat(1_000_000), "not valid JSON");
  }

  @Test
  void saysThatThereIsNoHead() {
    assertThatThrownBy(() -> read(temporary))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            "Cannot read head %s: there is neither experimaestro.json nor definition.json; name the"
                    .formatted(temporary)
                + " directory of a ToMMeR head");
  }

  @ParameterizedTest
  @CsvSource({
    "W_Q, '64,9', no projection of hidden states to rank 8|ask for [64, 8]",
    "W_Q, '512', no projection of hidden states to rank 8",
    "W_Q, '0,8', no projection of hidden states to rank 8",
    "W_K, '65,8', 'ask for [64, 8]'",
    "W_K, '8,64', 'ask for [64, 8]'",
    "cl_w, '5', 'ask for [1, 5, 1, 1]'",
    "cl_w, '1,4,1,1', 'ask for [1, 5, 1, 1]'",
    "classifier.fc.weight, '64', 'ask for [1, 64]'",
    "classifier.fc.bias, '2', 'ask for [1]'",
    "extra, '1', is not part of a ToMMeR head",
  })
  void refusesTensorsThatDoNotFit(String name, String shape, String reasons) throws IOException {
    Map<String, FloatTensor> tensors = tensors();
    long[] dimensions = Stream.of(shape.split(",")).mapToLong(Long::parseLong).toArray();
    int elements = 1;
    for (long dimension : dimensions) {
      elements *= (int) dimension;
    }
    tensors.put(name, new FloatTensor(dimensions, new float[elements]));
    assertThatThrownBy(() -> HeadFiles.read(memory(definition(), bytes(tensors))))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read head memory/%s: tensor \"%s\"", WEIGHTS, name)
        .message()
        .containsAnyOf(reasons.split("\\|"));
  }

  @Test
  void refusesMissingAndNonFiniteTensors() throws IOException {
    for (String name : tensors().keySet()) {
      Map<String, FloatTensor> tensors = tensors();
      FloatTensor tensor = tensors.remove(name);
      assertThatThrownBy(() -> HeadFiles.read(memory(definition(), bytes(tensors))))
          .hasMessage("Cannot read head memory/%s: tensor \"%s\" is missing", WEIGHTS, name);
      tensor.values()[0] = Float.NaN;
      tensors.put(name, tensor);
      assertThatThrownBy(() -> HeadFiles.read(memory(definition(), bytes(tensors))))
          .isInstanceOf(ModelFormatException.class)
          .hasMessage(
              "Cannot read head memory/%s: tensor \"%s\" has values that are not finite",
              WEIGHTS, name);
    }
  }

  @Test
  void headsCheckTheirParts() {
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            "x",
            0,
            2,
            true,
            0,
            true,
            ScoreNormalization.NONE,
            HeadAdditions.NONE);
    float[] projection = new float[6];
    float[] features = new float[PublishedHead.FEATURES];
    assertThat(new PublishedHead(config, 3, projection, projection, new float[3], 0, features))
        .isNotEqualTo(
            new PublishedHead(config, 3, projection, projection, new float[3], 1, features));
    assertThatThrownBy(
            () -> new PublishedHead(config, 4, projection, projection, new float[4], 0, features))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"W_Q\" has 6 values, and 8 are expected");
    assertThatThrownBy(
            () ->
                new PublishedHead(config, 0, new float[0], new float[0], new float[0], 0, features))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void refused(String definition, String reason) {
    assertThatThrownBy(() -> HeadFiles.read(memory(definition, new byte[0])))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read ")
        .hasMessageContaining(reason)
        .hasMessageNotContaining("\n");
  }

  private static InMemoryDirectory memory(String definition, byte[] weights) {
    return new InMemoryDirectory(
        Map.of(JSON, definition.getBytes(StandardCharsets.UTF_8), WEIGHTS, weights));
  }

  private static Path golden(String layout) {
    return Samples.path("heads/h0").resolve(layout);
  }

  private static String definition() throws IOException {
    return Files.readString(golden("new").resolve(JSON));
  }

  private static byte[] weights() throws IOException {
    return Files.readAllBytes(golden("new").resolve(WEIGHTS));
  }

  private static Map<String, FloatTensor> tensors() throws IOException {
    Map<String, FloatTensor> tensors = new HashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(golden("new")))) {
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        tensors.put(name, new FloatTensor(tensor.shape(), checkpoint.floats(tensor)));
      }
    }
    return tensors;
  }

  private static byte[] bytes(Map<String, FloatTensor> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(tensors, out);
    return out.toByteArray();
  }

  private static Head read(Path folder) throws IOException {
    return HeadFiles.read(new LocalDirectory(folder));
  }

  private static JsonNode json(Path file) throws IOException {
    return MAPPER.readTree(Files.readAllBytes(file));
  }

  private static Path shared(String name) {
    Optional<Path> folder = Golden.shared().map(shared -> shared.resolve(name));
    assumeTrue(folder.isPresent() && Files.isDirectory(folder.get()), "shared/" + name + " absent");
    return folder.orElseThrow();
  }

  private static float[] gaussians(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
