package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose files change between planning, loading and running. */
class ModelIdentityTest {

  private static final List<String> TEXTS =
      List.of("Marie Curie left Warsaw.", "She met Pierre in 1894, so it is told.");

  private static final EngineOptions OPTIONS = EngineOptions.defaults().withDtype(ComputeType.FP32);

  @TempDir private Path folder;
  private Path backbone;
  private Path head;

  @BeforeEach
  void aModel() throws IOException {
    backbone = TestModels.contextFreeLlama(folder.resolve("backbone"));
    head = TestModels.head(folder.resolve("head"), 3, true, 5);
  }

  @Test
  void whatWasFoundIsLoaded() throws IOException {
    ModelDescription found = describe();
    assertThat(found.weights()).matches("[0-9a-f]{64}");
    assertThat(found.pinned().identity().fingerprint()).isEqualTo(found.fingerprint());
    try (MentionDetector detector = MentionDetector.load(List.of(found.pinned()), OPTIONS)) {
      assertThat(detector.detect(TEXTS)).isNotEmpty();
    }
  }

  @Test
  void aHeadThatWasSwappedIsRefused() throws IOException {
    ModelDescription found = describe();
    TestModels.head(head, 3, true, 6);
    assertThatThrownBy(() -> MentionDetector.load(List.of(found.pinned()), OPTIONS))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageMatching(
            "Cannot use model test: its files here are not those that the job was planned with \\(SHA-256 [0-9a-f]{12} there, [0-9a-f]{12} here\\); all machines must have the same files of .*");
  }

  @Test
  void anyByteOfTheWeightsMakesAnotherModel() throws IOException {
    ModelDescription found = describe();
    Path file = backbone.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    int samplesMissed = 0;
    // The last 40 kB are of the embeddings, of which the fingerprint samples 4 kB.
    for (int from = bytes.length - 20_000; from < bytes.length; from += 1_001) {
      byte[] edited = bytes.clone();
      edited[from] ^= 1;
      Path replacement = folder.resolve("edited");
      Files.write(replacement, edited);
      Files.move(replacement, file, StandardCopyOption.REPLACE_EXISTING);
      ModelDescription now = describe();
      assertThat(now.weights()).as("byte " + from).isNotEqualTo(found.weights());
      samplesMissed += now.fingerprint().equals(found.fingerprint()) ? 1 : 0;
      assertThatThrownBy(() -> MentionDetector.load(List.of(found.pinned()), OPTIONS))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("are not those that the job was planned with");
    }
    assertThat(samplesMissed).isPositive();
  }

  @Test
  void filesMayBeTruncatedOrRewrittenWhileAModelRuns() throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec()), OPTIONS)) {
      List<List<Mention>> expected = detector.detect(TEXTS);
      Path file = backbone.resolve("model.safetensors");
      long size = Files.size(file);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(8);
      }
      assertThat(detector.detect(TEXTS)).isEqualTo(expected);
      Files.write(file, new byte[(int) size]);
      assertThat(detector.detect(TEXTS)).isEqualTo(expected);
    }
  }

  @Test
  void aFileThatEndsWhileItIsLoadedIsAnErrorThatNamesIt() throws IOException {
    Path file = backbone.resolve("model.safetensors");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
    assertThatThrownBy(() -> MentionDetector.load(List.of(spec()), OPTIONS))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.safetensors");
  }

  private ModelDescription describe() throws IOException {
    return MentionDetector.describe(List.of(spec()), OPTIONS).get(0);
  }

  private ModelSpec spec() {
    return ModelSpec.of("test", backbone.toString(), head.toString());
  }
}
