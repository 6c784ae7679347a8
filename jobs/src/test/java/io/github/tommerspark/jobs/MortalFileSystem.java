package io.github.tommerspark.jobs;

import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk for a process that dies as {@link Mortality} says. Links, which are made past it,
 * lie between the end of one operation and the beginning of the next.
 */
public final class MortalFileSystem extends RawLocalFileSystem {

  /** The scheme. */
  public static final String SCHEME = "mortal";

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
    return Mortality.create(
        path.getName(),
        () ->
            super.create(
                path, permission, overwrite, bufferSize, replication, blockSize, progress));
  }

  /** Starts a process for each file where Hadoop's native library is not there. */
  @Override
  public void setPermission(Path path, FsPermission permission) {}

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return Mortality.change("rename to " + to.getName(), () -> super.rename(from, to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return Mortality.change("delete " + path.getName(), () -> super.delete(path, recursive));
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    return Mortality.change("mkdirs " + path.getName(), () -> super.mkdirs(path));
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    Mortality.live();
    return super.mkdirs(path, permission);
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    Mortality.live();
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    Mortality.live();
    return plain(super.getFileStatus(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    Mortality.live();
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
