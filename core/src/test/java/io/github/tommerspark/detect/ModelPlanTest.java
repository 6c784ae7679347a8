package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found out about a model, and refused, before anything is loaded. */
class ModelPlanTest {
  private static final Path BACKBONES = Golden.committed().resolve("backbones");
  private static final Path HEADS = Golden.committed().resolve("end_to_end/heads");

  private static ModelSpec spec(String backbone, String head) {
    return ModelSpec.of(
        "test", BACKBONES.resolve(backbone).toString(), HEADS.resolve(head).toString());
  }

  private static ModelDescription describe(ModelSpec spec) throws IOException {
    return MentionDetector.describe(List.of(spec), EngineOptions.defaults()).get(0);
  }

  @Test
  void describesABundledModel() throws IOException {
    ModelDescription nano = describe(ModelSpec.bundled("nano-llama"));
    assertThat(nano.family()).isEqualTo("llama");
    assertThat(nano.layer()).isEqualTo(3);
    assertThat(nano.hiddenSize()).isEqualTo(256);
    assertThat(nano.maxTokens()).isEqualTo(256);
    assertThat(nano.overlap()).isEqualTo(54);
    assertThat(nano.bos()).isEqualTo(BosPolicy.TOKENIZER);
    assertThat(nano.warnings()).isEmpty();
    assertThat(nano.fingerprint()).matches("[0-9a-f]{64}");
  }

  @Test
  void bundledModelsCanAlsoBeUsedFromADirectory(@TempDir Path directory) throws IOException {
    Path copy = directory.resolve("elsewhere");
    copyResourceModel("nano-neox", copy);
    ModelDescription bundled = describe(ModelSpec.bundled("nano-neox"));
    ModelDescription copied = describe(ModelSpec.of("copy", copy.toString(), null));
    assertThat(copied.fingerprint()).isEqualTo(bundled.fingerprint());
    assertThat(copied.maxTokens()).isEqualTo(256);
  }

  private static void copyResourceModel(String name, Path to) throws IOException {
    Path from = Path.of("src/main/resources/io/github/tommerspark/models").resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void fingerprintFollowsTheWeights(@TempDir Path directory) throws IOException {
    Path copy = directory.resolve("copy");
    copyResourceModel("nano-neox", copy);
    String before = describe(ModelSpec.of("copy", copy.toString(), null)).fingerprint();
    byte[] weights = Files.readAllBytes(copy.resolve("model.safetensors"));
    // Another training run differs nearly everywhere; here every 32nd byte.
    for (int i = 20_000; i < weights.length; i += 32) {
      weights[i] ^= 1;
    }
    Files.write(copy.resolve("model.safetensors"), weights);
    assertThat(describe(ModelSpec.of("copy", copy.toString(), null)).fingerprint())
        .isNotEqualTo(before);
  }

  @Test
  void headOfAnotherWidthIsRefusedWithBothNamed(@TempDir Path directory) throws IOException {
    Path head = TestModels.head(directory.resolve("head"), 5, true, 1);
    ModelSpec spec = ModelSpec.of("test", BACKBONES.resolve("llama").toString(), head.toString());
    assertThatThrownBy(() -> describe(spec))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(head.toString())
        .hasMessageContaining(BACKBONES.resolve("llama").toString())
        .hasMessageContaining("width 16")
        .hasMessageContaining("width 64");
  }

  @Test
  void headOfALayerThatIsNotThereIsRefused() {
    // The head of bert reads layer 3; this llama has layers 0 to 2.
    assertThatThrownBy(() -> describe(spec("llama-untied-sharded", "bert/new")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("layer 3")
        .hasMessageContaining("0 to 2");
  }

  @Test
  void headOfAnotherBackboneIsAWarningThatNamesBoth() throws IOException {
    assertThat(describe(spec("llama", "llama/new")).warnings()).isEmpty();
    assertThat(describe(spec("mistral", "llama/new")).warnings())
        .singleElement()
        .asString()
        .contains("golden/llama")
        .contains("mistral");
  }

  @Test
  void learnedPositionsBoundTheWindow() throws IOException {
    assertThat(describe(spec("bert", "bert/new")).maxTokens()).isEqualTo(200);
    // RoBERTa counts its positions from its padding id, 1.
    ModelDescription roberta = describe(spec("roberta", "llama/new"));
    assertThat(roberta.maxTokens()).isEqualTo(228);
    assertThatThrownBy(() -> describe(spec("bert", "bert/new").withWindows(201, null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("‹maxTokens› 201")
        .hasMessageContaining("200 positions");
  }

  @Test
  void windowsLongerThanTheModelWasMadeForAreAWarning() throws IOException {
    ModelDescription nano = describe(ModelSpec.bundled("nano-llama").withWindows(300, null));
    assertThat(nano.maxTokens()).isEqualTo(300);
    assertThat(nano.warnings()).singleElement().asString().contains("300").contains("256");
  }

  @Test
  void overlapBelowTheHeadsNeedIsRefused() {
    assertThatThrownBy(() -> describe(ModelSpec.bundled("nano-llama").withWindows(null, 10)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nano-llama")
        .hasMessageContaining("‹overlap›");
  }

  @Test
  void bosIsAddedAsTheHeadRecordsOrOnRequest() throws IOException {
    ModelSpec neox = ModelSpec.bundled("nano-neox");
    assertThat(describe(neox).bos()).isEqualTo(BosPolicy.ALWAYS);
    assertThat(describe(neox.withBos(BosPolicy.TOKENIZER)).bos()).isEqualTo(BosPolicy.TOKENIZER);
    try (MentionDetector plain =
            MentionDetector.builder()
                .model("nano-neox")
                .threshold(0.01)
                .bos(BosPolicy.TOKENIZER)
                .build();
        MentionDetector withBos =
            MentionDetector.builder().model("nano-neox").threshold(0.01).build()) {
      String text = "Paris is the capital of France.";
      // Upstream's mask takes the first token for a BOS: without one, nothing can begin there.
      assertThat(plain.detect(List.of(text)).get(0)).noneMatch(mention -> mention.start() == 0);
      assertThat(withBos.detect(List.of(text)).get(0)).anyMatch(mention -> mention.start() == 0);
    }
  }

  @Test
  void missingPiecesAreNamed(@TempDir Path directory) throws IOException {
    String missing = directory.resolve("nowhere").toString();
    assertThatThrownBy(() -> describe(ModelSpec.of("test", missing, null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(missing)
        .hasMessageContaining("nano-llama");
    assertThatThrownBy(
            () -> describe(ModelSpec.of("test", BACKBONES.resolve("llama").toString(), null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("‹head›");
    Path copy = directory.resolve("copy");
    copyResourceModel("nano-neox", copy);
    Files.delete(copy.resolve("tokenizer.json"));
    assertThatThrownBy(() -> describe(ModelSpec.of("test", copy.toString(), null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void bundledModelsUseWhatTheirHeadRecommendsAndOthersTheirPublishedThreshold()
      throws IOException {
    assertThat(describe(ModelSpec.bundled("nano-llama")).spec().threshold())
        .isEqualTo(Threshold.of(0.36));
    ModelSpec golden = spec("llama", "llama/new");
    assertThat(describe(golden).spec().threshold()).isEqualTo(Threshold.of(0.5));
    assertThatThrownBy(() -> describe(golden.withDecoder(golden.decoder(), Threshold.RECOMMENDED)))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "Cannot use ‹threshold› recommended with head .*: it records none; give a number, such as 0.5");
  }
}
