package io.github.tommerspark.testing;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * A directory of byte arrays that cannot be mapped.
 *
 * @param files the content by name
 */
public record InMemoryDirectory(Map<String, byte[]> files) implements ModelDirectory {

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
    byte[] bytes = files.get(file);
    return new RandomAccessSource() {
      @Override
      public String name() {
        return "memory/" + file;
      }

      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long position, ByteBuffer into) throws IOException {
        if (position < 0 || position + into.remaining() > bytes.length) {
          throw new EOFException("Cannot read memory/%s at %d".formatted(file, position));
        }
        into.put(bytes, (int) position, into.remaining());
      }

      @Override
      public Optional<ByteBuffer> map(long position, long length) {
        return Optional.empty();
      }

      @Override
      public void close() {}
    };
  }
}
