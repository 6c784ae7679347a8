package io.github.tommerspark.engine;

import ai.djl.util.Utils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Serialises the unpacking of native libraries. DJL unpacks each once per machine into a cache
 * directory, but two processes that do so at the same time, as the executors of a node may, can
 * delete each other's files. So whoever may be the first to need a library loads it in here, while
 * all others on the machine wait.
 */
public final class NativeLibraries {
  private static final String LOCK_FILE = "tommer-spark.lock";

  private NativeLibraries() {}

  /**
   * Runs what loads a native library while no other process does.
   *
   * @param loading calls into the library; quick once the library is loaded
   * @throws UncheckedIOException if the cache directory cannot be written; the message says which
   *     and how to choose another
   */
  public static synchronized void load(Runnable loading) {
    Path directory = Utils.getEngineCacheDir().toAbsolutePath();
    try {
      createPrivate(directory);
    } catch (IOException e) {
      throw unwritable(directory, e);
    }
    try (FileChannel file =
            FileChannel.open(
                directory.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      assert lock.isValid();
      loading.run();
    } catch (IOException e) {
      throw unwritable(directory, e);
    }
  }

  /** Readable by nobody else: code is loaded from here. */
  private static void createPrivate(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
  }

  private static UncheckedIOException unwritable(Path directory, IOException e) {
    return new UncheckedIOException(
        "Cannot unpack native libraries to %s: %s; name a writable directory in the environment variable DJL_CACHE_DIR"
            .formatted(directory, e),
        e);
  }
}
