package io.github.tommerspark.checkpoint;

import io.github.tommerspark.source.RandomAccessSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A range of a file as a stream, so that a long header needs no buffer of its length. */
final class RangeInputStream extends InputStream {

  private static final int BUFFER_BYTES = 1 << 16;

  private final RandomAccessSource source;
  private final long end;
  private final ByteBuffer buffer;
  private long next;

  RangeInputStream(RandomAccessSource source, long begin, long end) {
    this.source = source;
    this.next = begin;
    this.end = end;
    this.buffer = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, end - begin)).limit(0);
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(into, offset, count);
    return count;
  }

  private boolean fill() throws IOException {
    if (!buffer.hasRemaining() && next < end) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - next));
      source.read(next, buffer);
      next += buffer.flip().remaining();
    }
    return buffer.hasRemaining();
  }
}
