package io.github.tommerspark.checkpoint;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** One open safetensors file. Safe for use by several threads at once. */
final class SafetensorsFile implements Closeable {

  /** Bytes read at once on the way to float32. A multiple of every element size. */
  private static final int CHUNK_BYTES = 1 << 20;

  private final RandomAccessSource source;
  private final SafetensorsHeader header;
  private final AtomicLong bytesRead = new AtomicLong();

  private SafetensorsFile(RandomAccessSource source, SafetensorsHeader header) {
    this.source = source;
    this.header = header;
  }

  static SafetensorsFile open(ModelDirectory directory, String file) throws IOException {
    RandomAccessSource source = directory.open(file);
    try {
      return new SafetensorsFile(source, SafetensorsHeader.read(source, file));
    } catch (IOException | RuntimeException e) {
      try {
        source.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  SafetensorsHeader header() {
    return header;
  }

  String name() {
    return source.name();
  }

  /** The bytes of tensors read or mapped so far. */
  long bytesRead() {
    return bytesRead.get();
  }

  ByteBuffer raw(TensorInfo tensor, long offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, tensor.byteSize());
    Optional<ByteBuffer> mapped = source.map(tensor.begin() + offset, length);
    ByteBuffer bytes;
    if (mapped.isPresent()) {
      bytes = mapped.get();
    } else {
      bytes = ByteBuffer.allocateDirect(length);
      source.read(tensor.begin() + offset, bytes);
      bytes = bytes.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    bytesRead.addAndGet(length);
    return bytes;
  }

  void readRaw(TensorInfo tensor, long offset, ByteBuffer into) throws IOException {
    Objects.checkFromIndexSize(offset, into.remaining(), tensor.byteSize());
    int length = into.remaining();
    source.read(tensor.begin() + offset, into);
    bytesRead.addAndGet(length);
  }

  void readFloats(TensorInfo tensor, long firstElement, FloatBuffer into) throws IOException {
    requireWeight(tensor);
    Objects.checkFromIndexSize(firstElement, into.remaining(), tensor.elements());
    int elementBytes = tensor.dtype().bits() / Byte.SIZE;
    long next = tensor.begin() + firstElement * elementBytes;
    long end = next + (long) into.remaining() * elementBytes;
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, end - next));
    while (next < end) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), end - next));
      source.read(next, chunk);
      int count = chunk.flip().remaining();
      tensor.dtype().toFloats(chunk, into);
      next += count;
      bytesRead.addAndGet(count);
    }
  }

  Optional<ByteBuffer> map(TensorInfo tensor) throws IOException {
    requireWeight(tensor);
    Optional<ByteBuffer> mapped =
        source
            .map(tensor.begin(), tensor.byteSize())
            .filter(bytes -> bytes.alignmentOffset(0, tensor.dtype().bits() / Byte.SIZE) == 0);
    if (mapped.isPresent()) {
      bytesRead.addAndGet(tensor.byteSize());
    }
    return mapped;
  }

  private void requireWeight(TensorInfo tensor) throws ModelFormatException {
    if (!tensor.dtype().isWeight()) {
      throw new ModelFormatException(
          "Cannot read %s: tensor %s has dtype %s, and weights must be F32, F16 or BF16"
              .formatted(source.name(), Quoted.of(tensor.name()), tensor.dtype()));
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
