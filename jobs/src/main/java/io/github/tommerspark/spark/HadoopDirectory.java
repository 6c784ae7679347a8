package io.github.tommerspark.spark;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import io.github.tommerspark.store.ModelStore;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.util.VersionInfo;
import org.apache.hadoop.util.functional.FutureIO;

/** A model in a directory of a Hadoop file system, read by positioned reads. */
final class HadoopDirectory implements ModelDirectory {

  /** A model has a few dozen files; more means that the path is that of something else. */
  private static final int MAX_FILES = 10_000;

  private final FileSystem fs;
  private final Path path;
  private final String name;

  private HadoopDirectory(FileSystem fs, Path path) {
    this.fs = fs;
    this.path = path;
    this.name = name(path.toUri());
  }

  /**
   * Opens a directory and asks once for the lengths, modification times and, where the store has
   * them, entity tags of its files.
   *
   * @param location its URI
   * @throws IOException if there is no such directory, or the file system is not known or does not
   *     answer
   */
  static ModelStore.Folder open(String location, Configuration hadoop) throws IOException {
    Path path = new Path(location);
    HadoopDirectory directory = new HadoopDirectory(fileSystem(path, hadoop), path);
    return new ModelStore.Folder(directory, directory.version());
  }

  private static FileSystem fileSystem(Path path, Configuration hadoop) throws IOException {
    try {
      return path.getFileSystem(hadoop);
    } catch (UnsupportedFileSystemException e) {
      throw unknown(path, e);
    } catch (RuntimeException e) {
      if (e.getCause() instanceof ClassNotFoundException) {
        throw unknown(path, e);
      }
      throw e;
    }
  }

  private static IOException unknown(Path path, Exception cause) {
    return new IOException(
        "Cannot read %s: Spark has no file system for it; add its jar, for s3a with ./submit.sh --s3a or --packages org.apache.hadoop:hadoop-aws:%s"
            .formatted(name(path.toUri()), VersionInfo.getVersion()),
        cause);
  }

  private String version() throws IOException {
    List<String> files = new ArrayList<>();
    String root = fs.makeQualified(path).toUri().getPath();
    RemoteIterator<LocatedFileStatus> listing;
    try {
      listing = fs.listFiles(path, true);
    } catch (FileNotFoundException e) {
      throw absent(e);
    }
    while (listing.hasNext()) {
      FileStatus file = listing.next();
      if (files.size() == MAX_FILES) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Cannot read %s: it has more than %d files; name the directory of a single model",
                name,
                MAX_FILES));
      }
      files.add(
          String.format(
              Locale.ROOT,
              "%s %d %d %s",
              file.getPath().toUri().getPath().substring(root.length()),
              file.getLen(),
              file.getModificationTime(),
              file instanceof EtagSource tagged ? tagged.getEtag() : ""));
    }
    if (files.isEmpty()) {
      throw absent(null);
    }
    Collections.sort(files);
    return String.join("\n", files);
  }

  private IOException absent(Throwable cause) {
    return new IOException(
        "Cannot read %s: there is no such directory, or nothing in it".formatted(name), cause);
  }

  /** The URI without user-info. */
  private static String name(URI uri) {
    String authority = uri.getAuthority() == null ? "" : uri.getAuthority();
    return "%s://%s%s"
        .formatted(
            uri.getScheme(), authority.substring(authority.lastIndexOf('@') + 1), uri.getPath());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean exists(String file) throws IOException {
    Path resolved = resolve(file);
    try {
      return fs.getFileStatus(resolved).isFile();
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    Path resolved = resolve(file);
    FileStatus status;
    try {
      status = fs.getFileStatus(resolved);
    } catch (FileNotFoundException e) {
      throw missing(file, e);
    }
    if (!status.isFile()) {
      throw missing(file, null);
    }
    FSDataInputStream in =
        FutureIO.awaitFuture(
            fs.openFile(resolved)
                // For s3a, which would else read on to the end of the file from every position.
                .opt("fs.s3a.experimental.input.fadvise", "random")
                .build());
    return new Source(name + "/" + file, in, status.getLen());
  }

  private FileNotFoundException missing(String file, Throwable cause) {
    FileNotFoundException missing =
        new FileNotFoundException("Cannot read %s/%s: there is no such file".formatted(name, file));
    missing.initCause(cause);
    return missing;
  }

  private Path resolve(String file) throws IOException {
    return new Path(path, ModelDirectory.requireRelative(name, file));
  }

  private record Source(String name, FSDataInputStream in, long size)
      implements RandomAccessSource {

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      if (position < 0 || position > size - into.remaining()) {
        throw new EOFException(
            String.format(
                Locale.ROOT,
                "Cannot read %s: %d bytes at position %d are not inside its %d bytes",
                name,
                into.remaining(),
                position,
                size));
      }
      byte[] bytes = new byte[into.remaining()];
      in.readFully(position, bytes);
      into.put(bytes);
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) {
      return Optional.empty();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
