package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gguf.GgufImport;
import io.github.tommerspark.gguf.GgufSnapshot;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.testing.Samples;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Heads that come without their backbone; {@code tiny-llama} is one of the tests. */
class BundledHeadTest {

  private static final String TINY = "tiny-llama";
  private static final Path GGUF = Samples.path("gguf/llama.gguf");

  @TempDir private Path folder;

  private static ModelDescription describe(ModelSpec spec) throws IOException {
    return MentionDetector.describe(List.of(spec), EngineOptions.defaults()).get(0);
  }

  @Test
  void aGgufFileOrASnapshotOfTheBackboneIsAllThatItNeeds() throws IOException {
    Path cut = folder.resolve("anything");
    GgufImport.write(GgufSnapshot.of(GGUF).first(1), null, cut);
    for (Path backbone : List.of(GGUF, cut)) {
      ModelSpec spec = ModelSpec.of("tiny", backbone.toString(), TINY);
      ModelDescription description = describe(spec);
      assertThat(description.warnings()).isEmpty();
      assertThat(description.bos()).isEqualTo(BosPolicy.ALWAYS);
      assertThat(description.spec().threshold().value()).isEqualTo(0.42);
      try (MentionDetector detector =
          MentionDetector.builder().backbone(backbone.toString()).head(TINY).build()) {
        assertThat(detector.detect(List.of("Marie Curie was born in Warsaw.")).get(0)).isNotEmpty();
      }
    }
  }

  @Test
  void withoutTheBackboneTheRemedyIsNamed() {
    assertThatThrownBy(() -> MentionDetector.builder().model(TINY).build())
        .hasMessageStartingWith("Cannot find tests/tiny-llama: there is no such directory")
        .hasMessageEndingWith(
            "fetch it with: ./submit.sh pull tests/tiny-llama; or name a snapshot or GGUF file of it with ‹model› tiny-llama=PATH");
  }

  @Test
  void anotherBackboneIsRefusedWithBothDescribed() {
    Path other = Samples.path("gguf/qwen2.gguf");
    assertThatThrownBy(() -> describe(ModelSpec.of(TINY, other.toString(), TINY)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(
            "Cannot use model tiny-llama with backbone %s, which is a qwen2 of width 64 with 2 blocks, 648 tokens and 512 positions: its head was made for tests/tiny-llama, a llama of width 64"
                .formatted(other))
        .hasMessageEndingWith("with ‹model› tiny-llama=PATH");
  }

  static List<String> names() {
    return MentionDetector.bundledHeads();
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyHeadFitsWhatItsRecordSays(String name) throws IOException {
    BundledHead bundled = BundledHead.find(name).orElseThrow();
    Head head = HeadFiles.read(bundled.files());
    assertThat(head.hiddenSize()).isEqualTo(bundled.hiddenSize());
    assertThat(head.config().layer()).isBetween(0, bundled.layers() - 1);
    assertThat(head.config().additions().thresholds().recommended()).isPresent();
    assertThat(bundled.repository()).matches("[\\w-]+/[\\w.-]+");
    assertThat(MentionDetector.bundledModels()).doesNotContain(name);
  }
}
