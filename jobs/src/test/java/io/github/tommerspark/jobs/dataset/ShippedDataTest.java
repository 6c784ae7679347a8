package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.message.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShippedDataTest {

  private static final String DATA = Path.of("../data").toAbsolutePath().normalize().toString();

  @Test
  void findsTheFilesOfAName() {
    for (String part : new String[] {"train", "dev"}) {
      Path file = Path.of(ShippedData.file("open-entities", part, DATA));
      assertThat(file).hasFileName(part + ".jsonl").isAbsolute();
      assertThat(Files.isRegularFile(file)).isTrue();
    }
  }

  @Test
  void leavesPathsAlone() {
    assertThat(ShippedData.file("gold/train.jsonl", "train", DATA)).isEqualTo("gold/train.jsonl");
    assertThat(ShippedData.file("s3a://bucket/open-entities", "dev", null))
        .isEqualTo("s3a://bucket/open-entities");
  }

  @Test
  void typesAreLearnedFromTwoFiles() {
    Path files = Path.of(DATA, "open-entities");
    assertThat(ShippedData.named(List.of("open-entities", "a=b.jsonl"), "train", DATA))
        .containsExactly(
            "open-entities=" + files.resolve("train.jsonl"),
            "open-entities=" + files.resolve("written.jsonl"),
            "a=b.jsonl");
    assertThat(ShippedData.named(List.of("open-entities"), "dev", DATA))
        .containsExactly("open-entities=" + files.resolve("dev.jsonl"));
  }

  @Test
  void saysWhatToDoWhereTheDataAreNot() {
    assertThatThrownBy(() -> ShippedData.file("open-entities", "train", null))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "Cannot find the data open-entities: TOMMER_DATA is not set; start with ./submit.sh, or name a file such as data/open-entities/train.jsonl of the project");
    assertThatThrownBy(() -> ShippedData.file("open-entities", "test", DATA))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there is no file");
  }
}
