package io.github.tommerspark.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bundled models on the class path are complete, listed, and the very files they claim to be.
 */
class BundledModelFilesTest {

  private static final String ROOT = "/io/github/tommerspark/models/";
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<String> listedModels() throws IOException {
    try (InputStream in =
        BundledModelFilesTest.class.getResourceAsStream("/META-INF/tommer-spark/models")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void listNamesExactlyTheDirectories() throws IOException, URISyntaxException {
    Path root = Path.of(getClass().getResource(ROOT + listedModels().get(0)).toURI()).getParent();
    try (Stream<Path> entries = Files.list(root)) {
      // Compiled classes of the same package may lie beside the models: only directories count.
      List<String> directories =
          entries.filter(Files::isDirectory).map(p -> p.getFileName().toString()).toList();
      assertThat(listedModels()).isNotEmpty().containsExactlyInAnyOrderElementsOf(directories);
    }
  }

  @ParameterizedTest
  @MethodSource("listedModels")
  void filesHaveTheChecksumsOfTheDescription(String model) throws IOException {
    Map<String, String> expected = new TreeMap<>();
    json(model + "/tommer.json")
        .get("sha256")
        .fields()
        .forEachRemaining(e -> expected.put(e.getKey(), e.getValue().asText()));
    Map<String, String> actual = new TreeMap<>();
    for (String file : expected.keySet()) {
      actual.put(file, sha256(model + "/" + file));
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(expected)
        .containsKeys("config.json", "tokenizer.json", "model.safetensors")
        .containsKey(json(model + "/tommer.json").get("head").asText() + "/model.safetensors");
    for (String key : List.of("classifier", "zeroShotClassifier")) {
      if (json(model + "/tommer.json").has(key)) {
        String folder = json(model + "/tommer.json").get(key).asText();
        assertThat(expected)
            .containsKeys(folder + "/model.safetensors", folder + "/classifier.json");
        assertThat(json(model + "/" + folder + "/classifier.json").get("llm_name").asText())
            .isEqualTo(model);
        assertThat(json(model + "/" + folder + "/training.json").get("kind").asText())
            .isEqualTo(key.equals("classifier") ? "classifier_training" : "label_model_training");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("listedModels")
  void descriptionFitsTheBackboneAndTheHead(String model) throws IOException {
    JsonNode description = json(model + "/tommer.json");
    JsonNode config = json(model + "/config.json");
    JsonNode head = json(model + "/" + description.get("head").asText() + "/boundary.json");

    assertThat(description.get("name").asText()).isEqualTo(model);
    assertThat(description.get("layer")).isEqualTo(head.get("layer"));
    assertThat(description.get("layer").asInt())
        .isBetween(0, config.get("num_hidden_layers").asInt() - 1);
    assertThat(description.get("maxTokens").asInt())
        .isBetween(2, config.get("max_position_embeddings").asInt());
    assertThat(head.get("llm_name").asText()).isEqualTo(model);
  }

  @ParameterizedTest
  @MethodSource("listedModels")
  void modelCardIsThere(String model) throws IOException {
    try (InputStream card = open(model + "/MODEL_CARD.md")) {
      assertThat(card).asString(StandardCharsets.UTF_8).startsWith("# " + model);
    }
  }

  private static JsonNode json(String name) throws IOException {
    try (InputStream in = open(name)) {
      return JSON.readTree(in);
    }
  }

  private static String sha256(String name) throws IOException {
    try (InputStream in = open(name)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(in.readAllBytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private static InputStream open(String name) {
    InputStream in = BundledModelFilesTest.class.getResourceAsStream(ROOT + name);
    assertThat(in).as("resource %s", ROOT + name).isNotNull();
    return in;
  }
}
