package io.github.tommerspark.testing;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A directory that counts what is read or mapped, and that can pretend not to map, or that its
 * connection breaks.
 */
public final class CountingDirectory implements ModelDirectory {

  private final ModelDirectory directory;
  private final boolean mapping;
  private final long limit;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * Wraps a directory.
   *
   * @param directory the directory to count on
   * @param mapping whether sources map as those of {@code directory} do, or not at all
   */
  public CountingDirectory(ModelDirectory directory, boolean mapping) {
    this(directory, mapping, Long.MAX_VALUE);
  }

  private CountingDirectory(ModelDirectory directory, boolean mapping, long limit) {
    this.directory = directory;
    this.mapping = mapping;
    this.limit = limit;
  }

  /**
   * A directory from which no more can be read after some bytes; it does not map.
   *
   * @param directory the directory to count on
   * @param bytes after which reading fails with "connection lost"
   * @return the directory
   */
  public static CountingDirectory breakingOff(ModelDirectory directory, long bytes) {
    return new CountingDirectory(directory, false, bytes);
  }

  /**
   * The bytes read or mapped so far.
   *
   * @return the number of bytes
   */
  public long bytes() {
    return bytes.get();
  }

  @Override
  public String name() {
    return directory.name();
  }

  @Override
  public boolean exists(String file) throws IOException {
    return directory.exists(file);
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    return new CountingSource(directory.open(file));
  }

  private final class CountingSource implements RandomAccessSource {

    private final RandomAccessSource source;

    private CountingSource(RandomAccessSource source) {
      this.source = source;
    }

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public long size() {
      return source.size();
    }

    @Override
    public void read(long position, ByteBuffer into) throws IOException {
      if (bytes.addAndGet(into.remaining()) > limit) {
        throw new IOException("connection lost");
      }
      source.read(position, into);
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) throws IOException {
      if (!mapping) {
        return Optional.empty();
      }
      Optional<ByteBuffer> mapped = source.map(position, length);
      mapped.ifPresent(buffer -> bytes.addAndGet(buffer.remaining()));
      return mapped;
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }
}
