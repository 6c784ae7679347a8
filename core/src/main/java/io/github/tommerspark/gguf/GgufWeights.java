package io.github.tommerspark.gguf;

import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.checkpoint.TensorShape;
import io.github.tommerspark.gguf.GgufWeight.Change;
import io.github.tommerspark.gguf.GgufWeight.Rows;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The tensors of a GGUF file as one safetensors file, whose bytes are made when they are read: of
 * blocks that nobody asks for nothing is read or computed, and no more is in memory at once than
 * some rows. The one exception are matrices that have to be transposed: the last of them is kept
 * while memory allows.
 */
final class GgufWeights implements RandomAccessSource {

  /** Elements that are computed at once. A multiple of every block. */
  private static final int CHUNK = 1 << 17;

  private final String name;
  private final RandomAccessSource file;
  private final byte[] header;
  private final TreeMap<Long, GgufWeight> weights = new TreeMap<>();
  private final long size;
  private SoftReference<Transposed> transposed = new SoftReference<>(null);

  private record Transposed(GgufWeight weight, float[] values) {}

  /**
   * Lays the tensors out.
   *
   * @param name the file as messages should name it
   * @param file the file, closed with this
   * @param layout the tensors in the order of the safetensors file
   */
  GgufWeights(String name, RandomAccessSource file, List<GgufWeight> layout) throws IOException {
    this.name = name;
    this.file = file;
    Map<String, TensorShape> shapes = new LinkedHashMap<>();
    layout.forEach(weight -> shapes.put(weight.name(), weight.described()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.writeHeader(shapes, out);
    header = out.toByteArray();
    long begin = header.length;
    for (GgufWeight weight : layout) {
      weights.put(begin, weight);
      begin += weight.described().byteSize();
    }
    size = begin;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long position, ByteBuffer into) throws IOException {
    checkRange(position, into.remaining());
    long next = position;
    if (next < header.length) {
      int count = (int) Math.min(into.remaining(), header.length - next);
      into.put(header, (int) next, count);
      next += count;
    }
    while (into.hasRemaining()) {
      Entry<Long, GgufWeight> entry = weights.floorEntry(next);
      GgufWeight weight = entry.getValue();
      long offset = next - entry.getKey();
      long count = Math.min(into.remaining(), weight.described().byteSize() - offset);
      read(weight, offset, (int) count, into);
      next += count;
    }
  }

  @Override
  public Optional<ByteBuffer> map(long position, long length) throws IOException {
    checkRange(position, length);
    Entry<Long, GgufWeight> entry = weights.floorEntry(position);
    if (entry == null) {
      return Optional.empty();
    }
    GgufWeight weight = entry.getValue();
    long offset = position - entry.getKey();
    if (!weight.stored() || offset + length > weight.described().byteSize()) {
      return Optional.empty();
    }
    return file.map(storedBegin(weight) + offset, length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  private void checkRange(long position, long length) throws EOFException {
    if (position < 0 || length < 0 || position > size - length) {
      throw new EOFException(
          String.format(
              Locale.ROOT,
              "Cannot read %s: %d bytes at position %d are not inside the %d bytes of its tensors",
              name(),
              length,
              position,
              size));
    }
  }

  private static long storedBegin(GgufWeight weight) {
    GgufTensor tensor = weight.tensor();
    return tensor.begin() + tensor.bytes(weight.rows().place().first(0) * weight.width());
  }

  private void read(GgufWeight weight, long offset, int count, ByteBuffer into) throws IOException {
    if (weight.stored()) {
      ByteBuffer part = into.slice(into.position(), count);
      file.read(storedBegin(weight) + offset, part);
      into.position(into.position() + count);
      return;
    }
    int elementBytes = weight.dtype().bits() / Byte.SIZE;
    // A range may begin and end inside an element.
    long element = offset / elementBytes;
    int skip = (int) (offset % elementBytes);
    int left = count;
    while (left > 0) {
      int elements = (int) Math.min(CHUNK, ((long) skip + left + elementBytes - 1) / elementBytes);
      byte[] values = new byte[elements * elementBytes];
      compute(weight, element, littleEndian(values));
      int taken = Math.min(left, values.length - skip);
      into.put(values, skip, taken);
      left -= taken;
      skip = 0;
      element += elements;
    }
  }

  /** Fills a buffer with elements. */
  private void compute(GgufWeight weight, long element, ByteBuffer into) throws IOException {
    if (weight.change() == Change.TRANSPOSED) {
      float[] values = transposed(weight);
      for (long next = element; into.hasRemaining(); next++) {
        into.putFloat(values[(int) next]);
      }
      return;
    }
    int elementBytes = weight.dtype().bits() / Byte.SIZE;
    Rows rows = weight.rows();
    long groupElements = rows.group() * weight.width();
    long next = element;
    while (into.hasRemaining()) {
      long group = next / groupElements;
      long from = next - group * groupElements;
      long to = Math.min(groupElements, from + into.remaining() / elementBytes);
      long begin = rows.place().first(group) * weight.width();
      if (rows.interleaved()) {
        interleaved(weight, begin, from, to, into);
      } else {
        run(weight.tensor(), weight.change(), begin + from, to - from, into);
      }
      next += to - from;
    }
  }

  /**
   * Elements of one group whose halves alternate in the file.
   *
   * @param begin the group's first element in the file
   * @param from first element that is wanted, counted from the group's first
   * @param to end of them
   */
  private void interleaved(GgufWeight weight, long begin, long from, long to, ByteBuffer into)
      throws IOException {
    long width = weight.width();
    Rows rows = weight.rows();
    int elementBytes = weight.dtype().bits() / Byte.SIZE;
    long half = rows.group() / 2 * width;
    if (to - from > half && 2 * half <= CHUNK) {
      byte[] group = new byte[(int) (2 * half * elementBytes)];
      run(weight.tensor(), weight.change(), begin, 2 * half, littleEndian(group));
      for (long next = from; next < to; ) {
        long row = next / width;
        int count = (int) (Math.min((row + 1) * width, to) - next);
        long at = rows.within(row) * width + next % width;
        into.put(group, (int) at * elementBytes, count * elementBytes);
        next += count;
      }
      return;
    }
    long next = from;
    while (next < to) {
      long end = next < half ? Math.min(half, to) : to;
      long firstRow = next / width;
      long lastRow = (end - 1) / width;
      long stored = begin + rows.within(firstRow) * width;
      if (firstRow == lastRow) {
        run(weight.tensor(), weight.change(), stored + next % width, end - next, into);
      } else {
        // Every other row of a stretch.
        long stretch = (2 * (lastRow - firstRow) + 1) * width;
        byte[] bytes = new byte[Math.toIntExact(stretch * elementBytes)];
        run(weight.tensor(), weight.change(), stored, stretch, littleEndian(bytes));
        for (long row = firstRow; row <= lastRow; row++) {
          long at = 2 * (row - firstRow) * width;
          long rowFrom = row == firstRow ? next % width : 0;
          long rowTo = row == lastRow ? (end - 1) % width + 1 : width;
          into.put(
              bytes, (int) (at + rowFrom) * elementBytes, (int) (rowTo - rowFrom) * elementBytes);
        }
      }
      next = end;
    }
  }

  /** Elements that follow each other in the file. */
  private void run(GgufTensor tensor, Change change, long element, long count, ByteBuffer into)
      throws IOException {
    GgufType type = tensor.type();
    float[] values = new float[type.blockElements()];
    long next = element;
    long end = element + count;
    int most = CHUNK / type.blockElements();
    while (next < end) {
      long block = next / type.blockElements();
      int blocks = (int) Math.min(most, (end - 1) / type.blockElements() + 1 - block);
      byte[] bytes = new byte[blocks * type.blockBytes()];
      file.read(tensor.begin() + block * type.blockBytes(), ByteBuffer.wrap(bytes));
      if (!type.quantised()) {
        unquantised(type, change, bytes, into);
        next += blocks;
        continue;
      }
      for (int i = 0; i < blocks; i++) {
        type.block(bytes, i * type.blockBytes(), values, 0);
        long blockBegin = (block + i) * type.blockElements();
        int to = (int) Math.min(values.length, end - blockBegin);
        for (int j = (int) (next - blockBegin); j < to; j++) {
          into.putFloat(change == Change.MINUS_ONE ? values[j] - 1 : values[j]);
        }
        next = blockBegin + to;
      }
    }
  }

  private static void unquantised(GgufType type, Change change, byte[] bytes, ByteBuffer into) {
    if (change == Change.NONE) {
      into.put(bytes);
      return;
    }
    FloatBuffer values = FloatBuffer.allocate(bytes.length / type.blockBytes());
    type.dtype().toFloats(ByteBuffer.wrap(bytes), values);
    for (float value : values.array()) {
      into.putFloat(change == Change.MINUS_ONE ? value - 1 : value);
    }
  }

  private synchronized float[] transposed(GgufWeight weight) throws IOException {
    Transposed kept = transposed.get();
    if (kept != null && kept.weight().equals(weight)) {
      return kept.values();
    }
    transposed.clear();
    GgufTensor tensor = weight.tensor();
    int height = (int) tensor.shape()[0];
    int width = (int) tensor.shape()[1];
    float[] values = new float[Math.toIntExact(tensor.elements())];
    ByteBuffer row = littleEndian(new byte[width * Float.BYTES]);
    for (int i = 0; i < height; i++) {
      row.clear();
      run(tensor, Change.TRANSPOSED, (long) i * width, width, row);
      row.flip();
      for (int j = 0; j < width; j++) {
        values[j * height + i] = row.getFloat();
      }
    }
    transposed = new SoftReference<>(new Transposed(weight, values));
    return values;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
