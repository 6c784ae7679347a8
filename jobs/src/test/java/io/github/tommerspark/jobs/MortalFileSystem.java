package io.github.tommerspark.jobs;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk for a process that dies, without the cost of a process: before or after one of the
 * operations that change something, chosen by number, it stops to answer, and whatever the code
 * does then has no effect. Links, which are made past it, lie between the end of one operation and
 * the beginning of the next.
 */
public final class MortalFileSystem extends RawLocalFileSystem {

  /** The scheme. */
  public static final String SCHEME = "mortal";

  private static final List<String> POINTS = new ArrayList<>();
  private static int death;
  private static boolean dead;

  /**
   * Begins another life.
   *
   * @param point after so many points it ends; 0 for never
   */
  public static synchronized void revive(int point) {
    POINTS.clear();
    death = point;
    dead = false;
  }

  /** What has been passed in this life. */
  public static synchronized List<String> points() {
    return List.copyOf(POINTS);
  }

  /** Whether this life has ended. */
  public static synchronized boolean isDead() {
    return dead;
  }

  private static synchronized void pass(String point) throws IOException {
    live();
    POINTS.add(point);
    if (POINTS.size() == death) {
      dead = true;
      live();
    }
  }

  private static synchronized void live() throws IOException {
    if (dead) {
      throw new IOException("The process is dead");
    }
  }

  private interface Change<T> {
    T make() throws IOException;
  }

  private static <T> T change(String what, Path path, Change<T> change) throws IOException {
    pass("before " + what + " " + path.getName());
    T made = change.make();
    pass("after " + what + " " + path.getName());
    return made;
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    FSDataOutputStream file =
        change(
            "create",
            path,
            () ->
                super.create(
                    path, permission, overwrite, bufferSize, replication, blockSize, progress));
    return new FSDataOutputStream(
        new OutputStream() {
          private boolean closed;

          @Override
          public void write(int b) throws IOException {
            live();
            file.write(b);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            live();
            file.write(bytes, offset, length);
          }

          @Override
          public void flush() throws IOException {
            live();
            file.flush();
          }

          @Override
          public void close() throws IOException {
            if (!closed) {
              closed = true;
              change(
                  "close",
                  path,
                  () -> {
                    file.close();
                    return null;
                  });
            }
          }
        },
        null);
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return change("rename", to, () -> super.rename(from, to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return change("delete", path, () -> super.delete(path, recursive));
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    return change("mkdirs", path, () -> super.mkdirs(path));
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    live();
    return super.mkdirs(path, permission);
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    live();
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    live();
    return plain(super.getFileStatus(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    live();
    return Arrays.stream(super.listStatus(path))
        .map(MortalFileSystem::plain)
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
