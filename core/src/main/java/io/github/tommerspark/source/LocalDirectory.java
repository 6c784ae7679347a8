package io.github.tommerspark.source;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A model in a directory of the local file system.
 *
 * <p>Symbolic links are followed: a snapshot in the Hugging Face cache consists of links.
 *
 * <p>Files are not mapped: who truncates a mapped file ends the JVM that uses it, and who rewrites
 * one changes weights under a running model. Only where nobody else writes ({@link #owned}) are
 * they.
 */
public final class LocalDirectory implements ModelDirectory {

  private final Path path;
  private final boolean owned;

  /**
   * A model directory at a path, which is not looked at before a file is asked for.
   *
   * @param path the path of the directory
   */
  public LocalDirectory(Path path) {
    this(path, false);
  }

  /**
   * The directory of a file.
   *
   * @throws IllegalArgumentException if the path is that of a root
   */
  public static LocalDirectory of(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("%s is not a file".formatted(file));
    }
    return new LocalDirectory(parent);
  }

  private LocalDirectory(Path path, boolean owned) {
    this.path = Objects.requireNonNull(path, "path");
    this.owned = owned;
  }

  /**
   * A model directory in a cache that belongs to this user alone, whose files nobody changes: they
   * may be mapped.
   */
  public static LocalDirectory owned(Path path) {
    return new LocalDirectory(path, true);
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public boolean exists(String file) throws IOException {
    return Files.isRegularFile(resolve(file));
  }

  @Override
  public Optional<String> version(String file) throws IOException {
    Path resolved = resolve(file).toRealPath();
    BasicFileAttributes attributes = Files.readAttributes(resolved, BasicFileAttributes.class);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s %d %s %s",
            resolved,
            attributes.size(),
            attributes.lastModifiedTime(),
            attributes.fileKey()));
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    Path resolved = resolve(file);
    if (!Files.isRegularFile(resolved)) {
      String reason = Files.isDirectory(path) ? "there is no such file" : path + " is no directory";
      throw new FileNotFoundException("Cannot read %s: %s".formatted(resolved, reason));
    }
    FileChannel channel = FileChannel.open(resolved, StandardOpenOption.READ);
    return new LocalSource(resolved.toString(), channel, channel.size(), owned);
  }

  private Path resolve(String file) throws IOException {
    ModelDirectory.requireRelative(name(), file);
    try {
      return path.resolve(file);
    } catch (InvalidPathException e) {
      throw new IOException(
          "Cannot read %s: the file system cannot express the file name %s"
              .formatted(path, Quoted.of(file)),
          e);
    }
  }

  private record LocalSource(String name, FileChannel channel, long size, boolean owned)
      implements RandomAccessSource {

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      Ranges.check(name, size, position, into.remaining());
      long next = position;
      while (into.hasRemaining()) {
        int count = channel.read(into, next);
        if (count < 0) {
          throw new EOFException(
              String.format(
                  Locale.ROOT,
                  "Cannot read %s: it ended at byte %d while it was read, and had %d bytes before",
                  name,
                  next,
                  size));
        }
        next += count;
      }
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) throws IOException {
      Ranges.check(name, size, position, length);
      if (!owned || length > Integer.MAX_VALUE) {
        return Optional.empty();
      }
      ByteBuffer mapped = channel.map(MapMode.READ_ONLY, position, length);
      return Optional.of(mapped.order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
