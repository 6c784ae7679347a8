package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.Threshold;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.BundledModel;
import io.github.tommerspark.jobs.CountedFileSystem;
import io.github.tommerspark.jobs.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models on a file system of Hadoop, read through the cache. */
class RemoteModelsTest {

  private static final EngineOptions ENGINE = EngineOptions.defaults();
  private static final List<String> TEXTS =
      List.of("Marie Curie left Warsaw for the University of Paris.", "東京 is in Japan.");

  @TempDir private Path folder;

  @BeforeEach
  void unpackModel() throws IOException {
    LocalSpark.session();
    BundledModel.unpack("nano-llama", folder);
  }

  @Test
  void theSameModelElsewhereFindsTheSameAndIsReadOnce() throws IOException {
    ModelSpec remote = spec("counted://" + folder, "counted://" + folder + "/head");
    ModelSpec bundled = spec("nano-llama", null);

    ModelDescription description = MentionDetector.describe(List.of(remote), ENGINE).get(0);
    ModelDescription expected = MentionDetector.describe(List.of(bundled), ENGINE).get(0);
    assertThat(description.fingerprint()).isEqualTo(expected.fingerprint());
    assertThat(description.truncatedBytes()).isEqualTo(expected.truncatedBytes());
    assertThat(description.maxTokens()).isEqualTo(expected.maxTokens());
    assertThat(mentions(remote)).isEqualTo(mentions(bundled)).doesNotContain(List.of());
    assertThat(opened("model.safetensors")).isEqualTo(1);
    assertThat(opened("tokenizer.json")).isEqualTo(1);
    assertThat(opened("head/model.safetensors")).isEqualTo(1);

    // The head inside the backbone's directory, as its tommer.json says.
    assertThat(mentions(spec("counted://" + folder, null))).isEqualTo(mentions(bundled));
    assertThat(opened("model.safetensors")).isEqualTo(1);
  }

  @Test
  void aFileThatChangedIsReadAgain() throws IOException {
    ModelSpec remote = spec("counted://" + folder, null);
    MentionDetector.describe(List.of(remote), ENGINE);
    MentionDetector.describe(List.of(remote), ENGINE);
    assertThat(opened("model.safetensors")).isEqualTo(1);
    Files.setLastModifiedTime(
        folder.resolve("model.safetensors"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    MentionDetector.describe(List.of(remote), ENGINE);
    assertThat(opened("model.safetensors")).isEqualTo(2);
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThatThrownBy(
            () -> MentionDetector.describe(List.of(spec("counted:///nowhere", null)), ENGINE))
        .hasMessageStartingWith("Cannot read counted:///nowhere: there is no such directory");
    assertThatThrownBy(
            () -> MentionDetector.describe(List.of(spec("nosuch://host/model", null)), ENGINE))
        .hasMessageStartingWith(
            "Cannot read nosuch://host/model: Spark has no file system for it; add its jar");
  }

  private int opened(String file) {
    return CountedFileSystem.OPENED.getOrDefault(folder.resolve(file).toString(), 0);
  }

  private static ModelSpec spec(String backbone, String head) {
    return new ModelSpec(
        "remote",
        backbone,
        head,
        Decoder.THRESHOLD,
        Threshold.of(Threshold.PUBLISHED),
        null,
        null,
        null);
  }

  private static List<List<Mention>> mentions(ModelSpec spec) throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec), ENGINE)) {
      return detector.detect(TEXTS);
    }
  }
}
