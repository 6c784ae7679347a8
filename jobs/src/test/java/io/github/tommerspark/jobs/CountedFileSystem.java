package io.github.tommerspark.jobs;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The local disk as a remote file system, which counts how often files are opened: in this JVM, and
 * if {@link #LOG} says so in a file that several JVMs write to.
 */
public final class CountedFileSystem extends RawLocalFileSystem {

  /** How often each file was opened, by its path. */
  public static final Map<String, Integer> OPENED = new ConcurrentHashMap<>();

  /** The setting of Hadoop with the name of that file; a line is a process id and a path. */
  public static final String LOG = "fs.counted.log";

  @Override
  public URI getUri() {
    return URI.create("counted:///");
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    String opened = path.toUri().getPath();
    OPENED.merge(opened, 1, Integer::sum);
    String log = getConf().get(LOG);
    if (log != null) {
      Files.writeString(
          java.nio.file.Path.of(log),
          "%d %s%n".formatted(ProcessHandle.current().pid(), opened),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return plain(super.getFileStatus(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return Arrays.stream(super.listStatus(path))
        .map(CountedFileSystem::plain)
        .toArray(FileStatus[]::new);
  }

  /** The local disk's own status looks permissions up, for paths of the scheme file only. */
  private static FileStatus plain(FileStatus status) {
    return new FileStatus(
        status.getLen(),
        status.isDirectory(),
        status.getReplication(),
        status.getBlockSize(),
        status.getModificationTime(),
        status.getPath());
  }
}
