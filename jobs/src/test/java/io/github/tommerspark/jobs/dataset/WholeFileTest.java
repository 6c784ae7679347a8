package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the local disk; on s3a, S3IT looks. */
class WholeFileTest {

  @TempDir private Path folder;
  private FileSystem fs;

  @BeforeEach
  void open() throws IOException {
    fs = new Renaming();
    fs.initialize(folder.toUri(), new Configuration());
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

  /** A disk that demands that a file appears under its name by a rename, complete. */
  private static final class Renaming extends RawLocalFileSystem {

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to)
        throws IOException {
      assertThat(to.getName()).isEqualTo("run.json");
      assertThat(getFileStatus(from).getLen()).isPositive();
      return super.rename(from, to);
    }
  }
}
