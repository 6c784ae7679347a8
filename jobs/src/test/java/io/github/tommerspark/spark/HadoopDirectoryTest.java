package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.source.RandomAccessSource;
import io.github.tommerspark.store.ModelStore.Folder;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HadoopDirectoryTest {

  @TempDir private Path local;

  @BeforeEach
  void writeFiles() throws IOException {
    Files.write(local.resolve("data"), new byte[] {0, 1, 2, 3, 4, 5});
    Files.createDirectory(local.resolve("sub"));
    Files.write(local.resolve("sub/inner"), new byte[] {7});
  }

  private Folder open() throws IOException {
    return HadoopDirectory.open(local.toUri().toString(), new Configuration());
  }

  @Test
  void readsRangesOfFiles() throws IOException {
    Folder folder = open();
    try (RandomAccessSource source = folder.files().open("data")) {
      assertThat(source.size()).isEqualTo(6);
      ByteBuffer range = ByteBuffer.allocateDirect(3);
      source.read(2, range);
      byte[] bytes = new byte[3];
      range.flip().get(bytes);
      assertThat(bytes).containsExactly(2, 3, 4);
      assertThat(source.map(0, 6)).isEmpty();
      assertThatThrownBy(() -> source.read(4, ByteBuffer.allocate(3)))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("3 bytes at position 4 are not inside its 6 bytes");
    }
    assertThat(folder.files().folder("sub").readAll("inner", 10)).containsExactly(7);
  }

  @Test
  void tellsFilesFromWhatIsNotThere() throws IOException {
    Folder folder = open();
    assertThat(folder.files().exists("data")).isTrue();
    assertThat(folder.files().exists("sub")).isFalse();
    assertThat(folder.files().exists("none")).isFalse();
    assertThatThrownBy(() -> folder.files().open("none"))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageEndingWith("/none: there is no such file");
    assertThatThrownBy(() -> folder.files().open("../data"))
        .hasMessageContaining("is not a plain relative path");
  }

  @Test
  void itsVersionChangesWithAnyFile() throws IOException {
    String before = open().version();
    assertThat(open().version()).isEqualTo(before);
    Files.write(local.resolve("sub/inner"), new byte[] {7, 8});
    assertThat(open().version()).isNotEqualTo(before);
  }
}
