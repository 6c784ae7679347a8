package io.github.tommerspark.source;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One file of a model, read by position.
 *
 * <p>Implementations are safe for use by several threads at once. A buffer returned by {@link #map}
 * stays valid after {@link #close}.
 */
public interface RandomAccessSource extends Closeable {

  /**
   * The file as messages should name it.
   *
   * @return the path or URI, without user-info
   */
  String name();

  /**
   * The length of the file when it was opened.
   *
   * @return the length in bytes
   */
  long size();

  /**
   * Fills a buffer with the bytes that start at a position of the file.
   *
   * @param position the position of the first byte, from 0
   * @param into receives bytes from its position up to its limit, which it then has reached
   * @throws IOException when the range is not wholly inside the file, or reading fails
   */
  void read(long position, ByteBuffer into) throws IOException;

  /**
   * A view of a range of the file that costs no copy, where the source can give one.
   *
   * @param position the position of the first byte, from 0
   * @param length the number of bytes
   * @return a read-only, direct, little-endian buffer from position 0 to its limit {@code length};
   *     empty when this source cannot map, or when {@code length} exceeds {@link Integer#MAX_VALUE}
   * @throws IOException when the range is not wholly inside the file, or mapping fails
   */
  Optional<ByteBuffer> map(long position, long length) throws IOException;

  @Override
  void close() throws IOException;
}
