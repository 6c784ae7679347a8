package io.github.tommerspark.jobs;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.EnumSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.AbstractFileSystem;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FilterFs;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.util.Progressable;

/**
 * HDFS for a process that dies as {@link Mortality} says, where the cluster is named by {@link
 * #HOST}. By other names it is HDFS as it is.
 */
public final class MortalHdfs extends DistributedFileSystem {

  /** The name of this machine by which it is mortal. */
  public static final String HOST = "127.0.0.1";

  private static <T> T change(URI uri, String what, Mortality.Change<T> change) throws IOException {
    return HOST.equals(uri.getHost()) ? Mortality.change(what, change) : change.make();
  }

  private static void live(URI uri) throws IOException {
    if (HOST.equals(uri.getHost())) {
      Mortality.live();
    }
  }

  private static FSDataOutputStream create(
      URI uri, Path path, Mortality.Change<FSDataOutputStream> create) throws IOException {
    return HOST.equals(uri.getHost()) ? Mortality.create(path.getName(), create) : create.make();
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      EnumSet<CreateFlag> flags,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress,
      Options.ChecksumOpt checksum)
      throws IOException {
    return create(
        getUri(),
        path,
        () ->
            super.create(
                path, permission, flags, bufferSize, replication, blockSize, progress, checksum));
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return change(getUri(), "rename to " + to.getName(), () -> super.rename(from, to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return change(getUri(), "delete " + path.getName(), () -> super.delete(path, recursive));
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    return change(getUri(), "mkdirs " + path.getName(), () -> super.mkdirs(path, permission));
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    live(getUri());
    return super.open(path, bufferSize);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    live(getUri());
    return super.getFileStatus(path);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    live(getUri());
    return super.listStatus(path);
  }

  /** The same for Hadoop's other interface to file systems. */
  public static final class Context extends FilterFs {

    private static final String IMPLEMENTATION = "fs.AbstractFileSystem.hdfs.impl";

    /** As Hadoop makes it. */
    public Context(URI uri, Configuration hadoop) throws IOException, URISyntaxException {
      super(AbstractFileSystem.createFileSystem(uri, asItIs(hadoop)));
    }

    private static Configuration asItIs(Configuration hadoop) {
      Configuration copy = new Configuration(hadoop);
      copy.set(IMPLEMENTATION, "org.apache.hadoop.fs.Hdfs");
      return copy;
    }

    @Override
    public FSDataOutputStream createInternal(
        Path path,
        EnumSet<CreateFlag> flags,
        FsPermission permission,
        int bufferSize,
        short replication,
        long blockSize,
        Progressable progress,
        Options.ChecksumOpt checksum,
        boolean createParent)
        throws IOException {
      return MortalHdfs.create(
          getUri(),
          path,
          () ->
              super.createInternal(
                  path,
                  flags,
                  permission,
                  bufferSize,
                  replication,
                  blockSize,
                  progress,
                  checksum,
                  createParent));
    }

    @Override
    public void renameInternal(Path from, Path to, boolean overwrite) throws IOException {
      change(
          getUri(),
          "rename to " + to.getName(),
          () -> {
            super.renameInternal(from, to, overwrite);
            return null;
          });
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
      return change(getUri(), "delete " + path.getName(), () -> super.delete(path, recursive));
    }

    @Override
    public void mkdir(Path path, FsPermission permission, boolean createParent) throws IOException {
      change(
          getUri(),
          "mkdir " + path.getName(),
          () -> {
            super.mkdir(path, permission, createParent);
            return null;
          });
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
      live(getUri());
      return super.open(path, bufferSize);
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
      live(getUri());
      return super.getFileStatus(path);
    }
  }
}
