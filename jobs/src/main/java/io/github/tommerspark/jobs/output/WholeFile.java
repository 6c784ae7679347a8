package io.github.tommerspark.jobs.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * Writes small files so that a reader finds all of one or nothing, and never less than what was
 * there before, whenever the writer is killed.
 */
public final class WholeFile {

  private WholeFile() {}

  /**
   * Writes a file, in the place of one that is there.
   *
   * <p>The content is complete before the file is begun: nothing that fails while it is made can
   * leave a part of it. On a store of objects the file appears when it is closed, elsewhere by a
   * rename that replaces.
   *
   * @param file in a directory that exists
   */
  public static void write(FileSystem fs, Path file, byte[] content) throws IOException {
    // Without checksum files: one of the former content would make the file unreadable.
    FileSystem raw = fs;
    if (fs instanceof ChecksumFileSystem checked) {
      raw = checked.getRawFileSystem();
      raw.delete(checked.getChecksumFile(file), false);
    }
    Path draft = new Path(file.getParent(), "." + file.getName() + ".tmp");
    if (raw instanceof RawLocalFileSystem local) {
      put(raw, draft, content, true);
      Files.move(
          local.pathToFile(draft).toPath(),
          local.pathToFile(file).toPath(),
          StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Optional<FileContext> context = ObjectStore.holds(fs, file) ? Optional.empty() : context(fs);
    if (context.isPresent()) {
      put(raw, draft, content, true);
      context.get().rename(draft, file, Options.Rename.OVERWRITE);
    } else {
      put(raw, file, content, false);
    }
  }

  /** Empty for a store without a rename that replaces. */
  private static Optional<FileContext> context(FileSystem fs) {
    try {
      return Optional.of(FileContext.getFileContext(fs.getUri(), fs.getConf()));
    } catch (UnsupportedFileSystemException e) {
      return Optional.empty();
    }
  }

  private static void put(FileSystem fs, Path file, byte[] content, boolean sync)
      throws IOException {
    try (FSDataOutputStream out = fs.create(file, true)) {
      out.write(content);
      if (sync) {
        out.hsync();
      }
    }
  }
}
