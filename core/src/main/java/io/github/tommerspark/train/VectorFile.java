package io.github.tommerspark.train;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Vectors of one width in a temporary file, which is gone when closed: written once, read in any
 * order. So a corpus need not fit the heap, and one that fits the page cache is not read from disk.
 */
final class VectorFile implements AutoCloseable {

  private static final int BLOCK_BYTES = 1 << 20;

  private final int width;
  private final FileChannel channel;
  private final ByteBuffer pending;
  private long size;

  private VectorFile(int width, FileChannel channel) {
    this.width = width;
    this.channel = channel;
    this.pending = buffer(Math.max(1, BLOCK_BYTES / (Float.BYTES * width)));
  }

  /** A file for vectors of that width. */
  static VectorFile create(int width) throws IOException {
    Path file = Files.createTempFile("tommer-spark-vectors", ".f32");
    return new VectorFile(
        width,
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE));
  }

  private ByteBuffer buffer(int vectors) {
    return ByteBuffer.allocate(Math.multiplyExact(vectors, Float.BYTES * width))
        .order(ByteOrder.nativeOrder());
  }

  /** Appends a vector. */
  void add(float[] vector) throws IOException {
    if (!pending.hasRemaining()) {
      flush();
    }
    pending.asFloatBuffer().put(vector);
    pending.position(pending.position() + Float.BYTES * width);
    size++;
  }

  private void flush() throws IOException {
    pending.flip();
    while (pending.hasRemaining()) {
      channel.write(pending);
    }
    pending.clear();
  }

  /** Vectors that were added. */
  long size() {
    return size;
  }

  int width() {
    return width;
  }

  /**
   * Reads a run of vectors.
   *
   * @param first index of the first of them
   * @param count how many
   * @param into receives them, one after the other
   * @param at where in it
   */
  void read(long first, int count, float[] into, int at) throws IOException {
    if (pending.position() > 0) {
      flush();
    }
    ByteBuffer bytes = buffer(count);
    long position = first * Float.BYTES * width;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, position);
      if (read < 0) {
        throw new EOFException("A temporary file of vectors has ended before its time");
      }
      position += read;
    }
    bytes.flip().order(ByteOrder.nativeOrder()).asFloatBuffer().get(into, at, count * width);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
