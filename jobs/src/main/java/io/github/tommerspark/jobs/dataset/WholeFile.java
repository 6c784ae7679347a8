package io.github.tommerspark.jobs.dataset;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Writes small files so that a reader finds all of one or nothing, whenever the writer is killed.
 */
public final class WholeFile {

  private WholeFile() {}

  /**
   * Writes a file, in the place of one that is there.
   *
   * <p>The content is complete before the file is begun: nothing that fails while it is made can
   * leave a part of it. On a store of objects the file appears when it is closed, elsewhere by a
   * rename.
   *
   * @param file in a directory that exists
   */
  public static void write(FileSystem fs, Path file, byte[] content) throws IOException {
    if (ObjectStore.holds(fs, file)) {
      put(fs, file, content);
      return;
    }
    Path draft = new Path(file.getParent(), "." + file.getName() + ".tmp");
    put(fs, draft, content);
    fs.delete(file, false);
    if (!fs.rename(draft, file)) {
      throw new IOException("Cannot rename %s to %s".formatted(draft, file));
    }
  }

  private static void put(FileSystem fs, Path file, byte[] content) throws IOException {
    try (FSDataOutputStream out = fs.create(file, true)) {
      out.write(content);
    }
  }
}
