package io.github.tommerspark.engine;

import ai.djl.util.Utils;
import io.github.tommerspark.disk.PrivateDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guards the loading of native libraries, which DJL unpacks once per machine into a cache directory
 * and loads from there.
 *
 * <p>Two processes that unpack at the same time, as the executors of a node may, can delete each
 * other's files: whoever may be the first to need a library loads it in here, while all others on
 * the machine wait. What is loaded runs with the rights of this user: the directory and all in it
 * must be this user's own, with nothing that others could have put there, and libraries that are
 * not those of the jar are unpacked again.
 */
public final class NativeLibraries {

  private static final Logger LOG = LoggerFactory.getLogger(NativeLibraries.class);

  private static final String LOCK_FILE = "tommer-spark.lock";

  private static final PrivateDirectories CACHE =
      new PrivateDirectories(
          "the directory of native libraries",
          "name a directory of your own in the environment variable DJL_CACHE_DIR");

  /** The setting by which users name the directory of libraries. */
  private static final List<String> OVERRIDES =
      List.of("PYTORCH_LIBRARY_PATH", "RUST_LIBRARY_PATH");

  private NativeLibraries() {}

  /**
   * Runs what loads a native library while no other process does.
   *
   * @param loading calls into the library; quick once the library is loaded
   * @throws UncheckedIOException if the cache directory cannot be written, or holds what others
   *     could have put there; the message says which and how to choose another
   */
  public static void load(Runnable loading) {
    for (String variable : OVERRIDES) {
      String named = Utils.getEnvOrSystemProperty(variable);
      if (named != null && !named.isEmpty()) {
        requireNamed(variable, Path.of(named));
      }
    }
    load(Utils.getEngineCacheDir().toAbsolutePath().normalize(), loading);
  }

  static synchronized void load(Path directory, Runnable loading) {
    try {
      CACHE.create(directory);
    } catch (PrivateDirectories.RefusedException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    } catch (IOException e) {
      throw unwritable(directory, e);
    }
    try (FileChannel file =
            FileChannel.open(
                directory.resolve(LOCK_FILE),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS);
        FileLock lock = file.lock()) {
      assert lock.isValid();
      CACHE.requireContents(directory);
      for (Path damaged : new UnpackedLibraries(directory).damaged()) {
        LOG.warn("Unpacking {} again: it is not as in the jar", damaged);
        // Whoever has it loaded keeps it.
        Files.delete(damaged);
      }
      loading.run();
    } catch (PrivateDirectories.RefusedException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    } catch (IOException e) {
      throw unwritable(directory, e);
    }
  }

  static void requireNamed(String variable, Path directory) {
    try {
      if (Files.isDirectory(directory)) {
        new PrivateDirectories(
                "the native libraries in", "change what %s names".formatted(variable))
            .requireReadable(directory.toRealPath());
      }
    } catch (PrivateDirectories.RefusedException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot read %s, which %s names: %s".formatted(directory, variable, e), e);
    }
  }

  private static UncheckedIOException unwritable(Path directory, IOException e) {
    return new UncheckedIOException(
        "Cannot unpack native libraries to %s: %s; name a writable directory in the environment variable DJL_CACHE_DIR"
            .formatted(directory, e),
        e);
  }
}
