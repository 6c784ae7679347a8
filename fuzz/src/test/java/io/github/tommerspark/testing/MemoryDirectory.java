package io.github.tommerspark.testing;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * A model's directory in memory. Reading what is not in a file is a defect of the reader.
 *
 * @param files the content by name
 */
public record MemoryDirectory(Map<String, byte[]> files) implements ModelDirectory {

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public boolean exists(String file) throws IOException {
    return files.containsKey(ModelDirectory.requireRelative(name(), file));
  }

  @Override
  public RandomAccessSource open(String file) throws IOException {
    if (!exists(file)) {
      throw new FileNotFoundException("Cannot read memory/%s: no such file".formatted(file));
    }
    return new MemoryFile("memory/" + file, files.get(file));
  }

  private record MemoryFile(String name, byte[] bytes) implements RandomAccessSource {

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long position, ByteBuffer into) {
      if (position < 0 || into.remaining() > bytes.length - position) {
        throw new AssertionError(
            "%d bytes were read at %d of %d".formatted(into.remaining(), position, bytes.length));
      }
      into.put(bytes, (int) position, into.remaining());
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) {
      return Optional.empty();
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
