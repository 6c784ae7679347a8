package io.github.tommerspark.models;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.ResourceDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The models of this module are complete, found by name, and fit their heads. */
class BundledModelsTest {

  private static final String ROOT = "/io/github/tommerspark/models/";

  /** Their names, as this module lists them. */
  static List<String> models() throws IOException {
    for (URL list :
        Collections.list(
            BundledModelsTest.class
                .getClassLoader()
                .getResources("META-INF/tommer-spark/models"))) {
      try (InputStream in = list.openStream()) {
        List<String> names = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        if (names.contains("bge-small")) {
          return names;
        }
      }
    }
    throw new AssertionError("no list of models has bge-small");
  }

  static ModelDirectory directory(String model) {
    return new ResourceDirectory(BundledModelsTest.class, ROOT + model);
  }

  /** Names of the heads without a backbone, as this module lists them. */
  private static List<String> heads() throws IOException {
    try (InputStream in =
        BundledModelsTest.class.getResourceAsStream("/META-INF/tommer-spark/heads")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void theListsNameExactlyTheDirectories() throws Exception {
    Path root =
        Path.of(getClass().getResource(ROOT + "bge-small/tommer.json").toURI())
            .getParent()
            .getParent();
    try (Stream<Path> entries = Files.list(root)) {
      assertThat(entries.filter(Files::isDirectory).map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(models().stream(), heads().stream()).toList());
    }
    assertThat(MentionDetector.bundledModels()).containsAll(models()).contains("nano-llama");
  }

  @ParameterizedTest
  @MethodSource("models")
  void theSnapshotEndsWithTheBlockThatTheHeadReads(String model) throws IOException {
    ModelDirectory directory = directory(model);
    JsonNode record = StrictJson.read(directory, "tommer.json");
    HeadConfig head = HeadFiles.read(directory.folder(record.get("head").asText())).config();
    JsonNode config = StrictJson.read(directory, "config.json");
    assertThat(record.get("name").asText()).isEqualTo(model);
    assertThat(head.llmName()).isEqualTo(model);
    assertThat(head.layer()).isEqualTo(record.get("layer").asInt());
    assertThat(config.get("num_hidden_layers").asInt()).isEqualTo(record.get("layer").asInt() + 1);
    assertThat(record.get("maxTokens").asInt())
        .isBetween(2, config.get("max_position_embeddings").asInt());
  }

  @ParameterizedTest
  @MethodSource("models")
  void cardAndLicenceAreThere(String model) throws IOException {
    ModelDirectory directory = directory(model);
    String card = new String(directory.readAll("MODEL_CARD.md", 1 << 20), StandardCharsets.UTF_8);
    assertThat(card).startsWith("# " + model + "\n").contains("CC BY-SA").doesNotContain("@");
    assertThat(new String(directory.readAll("LICENSE", 1 << 20), StandardCharsets.UTF_8))
        .containsAnyOf("MIT License", "Apache License");
  }
}
