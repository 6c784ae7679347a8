package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gguf.GgufImport;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.head.HeadReach;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.PublishedHead;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.testing.Samples;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GGUF files as backbones of detectors, and imported ones beside them. */
class GgufBackboneTest {

  private static final List<String> TEXTS =
      List.of("Marie Curie was born in Warsaw.", "", "  1867 — Łódź, the Sorbonne!\n");

  @TempDir private Path folder;
  private Path file;
  private Path head;

  @BeforeEach
  void files() throws IOException {
    file = folder.resolve("llama-Q4_K_M.gguf");
    Files.copy(Samples.path("gguf/llama.gguf"), file);
    head = folder.resolve("head");
    Random random = new Random(5);
    HeadConfig config =
        new HeadConfig(
            HeadType.PUBLISHED,
            "somebody/Llama",
            0,
            4,
            true,
            25,
            true,
            ScoreNormalization.NONE,
            HeadAdditions.NONE);
    HeadFiles.write(
        new PublishedHead(
            config,
            64,
            gaussian(random, 256),
            gaussian(random, 256),
            gaussian(random, 64),
            0.1f,
            new float[] {3f, 1.5f, -2f, 0.7f, 0.4f}),
        head);
  }

  private static float[] gaussian(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian() / 8;
    }
    return values;
  }

  private ModelSpec spec(Path backbone) {
    return ModelSpec.of("test", backbone.toString(), head.toString());
  }

  private static List<List<Mention>> mentions(ModelSpec spec) throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec), EngineOptions.defaults())) {
      return detector.detect(TEXTS);
    }
  }

  private static ModelDescription describe(ModelSpec spec) throws IOException {
    return MentionDetector.describe(List.of(spec), EngineOptions.defaults()).get(0);
  }

  @Test
  void aFileAndItsImportAreTheSameModel() throws IOException {
    Path imported = folder.resolve("imported");
    GgufImport.write(GgufSnapshot.of(file), null, imported);
    ModelDescription direct = describe(spec(file));
    assertThat(direct.family()).isEqualTo("llama");
    assertThat(direct.warnings()).isEmpty();
    assertThat(describe(spec(imported)).fingerprint()).isEqualTo(direct.fingerprint());
    assertThat(mentions(spec(file)))
        .isEqualTo(mentions(spec(imported)))
        .satisfies(all -> assertThat(all.get(0)).isNotEmpty());
  }

  @Test
  void anImportOfTheFirstBlocksServesHeadsUpToTheLast() throws IOException {
    Path imported = folder.resolve("imported");
    GgufImport.write(GgufSnapshot.of(file).first(1), null, imported);
    assertThat(mentions(spec(imported))).isEqualTo(mentions(spec(file)));
    assertThat(FrozenBackbone.layers(imported.toString())).isEqualTo(1);
    assertThat(FrozenBackbone.layers(file.toString())).isEqualTo(2);
    assertThatThrownBy(() -> GgufSnapshot.of(file).first(3))
        .hasMessage("Cannot keep 3 blocks of %s: it has 2".formatted(file));
    assertThatThrownBy(() -> GgufImport.write(GgufSnapshot.of(file), null, imported))
        .hasMessageStartingWith("Cannot write " + imported + ": it is there and not empty");
  }

  @Test
  void theFingerprintIsOfTheContentAndNotOfTheName() throws IOException {
    String before = describe(spec(file)).fingerprint();
    Path moved = folder.resolve("other.gguf");
    Files.move(file, moved);
    assertThat(describe(spec(moved)).fingerprint()).isEqualTo(before);
    byte[] bytes = Files.readAllBytes(moved);
    for (int i = bytes.length - 80_000; i < bytes.length; i += 5) {
      bytes[i] ^= 1;
    }
    Files.write(moved, bytes);
    assertThat(describe(spec(moved)).fingerprint()).isNotEqualTo(before);
  }

  @Test
  void filesAreKnownByTheirFirstBytesToo() throws IOException {
    Path blob = folder.resolve("sha256-blob");
    Files.copy(file, blob, StandardCopyOption.REPLACE_EXISTING);
    assertThat(mentions(spec(blob))).isEqualTo(mentions(spec(file)));
    Files.writeString(blob, "PK something else");
    assertThatThrownBy(() -> describe(spec(blob)))
        .hasMessageContaining("a file other than GGUF")
        .hasMessageContaining("‹trustBackbone›");
  }

  @Test
  void headsAreTrainedUnderTheNameOfTheModel() throws IOException {
    try (FrozenBackbone backbone =
        FrozenBackbone.open(
            new FrozenBackbone.Spec(
                file.toString(), BosPolicy.ALWAYS, null, new HeadReach(25, true), 1))) {
      assertThat(backbone.name()).isEqualTo("llama");
      assertThat(backbone.hiddenSize()).isEqualTo(64);
      // The tokenizer adds the token for the beginning itself.
      assertThat(backbone.prefixIds()).hasSize(1);
    }
    assertThat(GgufSnapshot.modelName("SmolLM2-135M-Instruct.Q4_1.gguf"))
        .isEqualTo("SmolLM2-135M-Instruct");
    assertThat(GgufSnapshot.modelName("qwen2.5-0.5b-instruct-q4_k_m.GGUF"))
        .isEqualTo("qwen2.5-0.5b-instruct");
    assertThat(GgufSnapshot.modelName("model-BF16.gguf")).isEqualTo("model");
    assertThat(GgufSnapshot.modelName("model.gguf")).isEqualTo("model");
    assertThat(GgufSnapshot.modelName("pythia-70m")).isEqualTo("pythia-70m");
  }
}
