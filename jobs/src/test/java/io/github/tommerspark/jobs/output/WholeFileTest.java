package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the local disk; on s3a, S3IT looks. */
class WholeFileTest {

  @TempDir private Path folder;
  private FileSystem fs;

  @BeforeEach
  void open() throws IOException {
    fs = FileSystem.getLocal(new Configuration());
  }

  @Test
  void aFileIsReplacedAndNothingElseIsLeft() throws IOException {
    write("first and longer");
    write("second");
    assertThat(folder.resolve("run.json")).content().isEqualTo("second");
    assertThat(folder.toFile().list()).containsExactly("run.json");
  }

  @Test
  void aFileThatCannotTakeItsPlaceIsAnError() throws IOException {
    Files.createDirectories(folder.resolve("run.json/something"));
    assertThatThrownBy(() -> write("x")).isInstanceOf(IOException.class);
    assertThat(folder.resolve("run.json/something")).exists();
  }

  private void write(String content) throws IOException {
    WholeFile.write(
        fs,
        new org.apache.hadoop.fs.Path(folder.resolve("run.json").toUri()),
        content.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whoeverReadsFindsOneContentOrTheOther() throws Exception {
    write("a".repeat(1000));
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Integer> reader =
        CompletableFuture.supplyAsync(
            () -> {
              int reads = 0;
              while (!done.get()) {
                try {
                  assertThat(Files.readString(folder.resolve("run.json"))).matches("a{1000}|b{9}");
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
                reads++;
              }
              return reads;
            });
    for (int i = 0; i < 200; i++) {
      write(i % 2 == 0 ? "b".repeat(9) : "a".repeat(1000));
    }
    done.set(true);
    assertThat(reader.get()).isPositive();
  }
}
