package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.head.RestrictedUnpickler.Storage;
import io.github.tommerspark.head.RestrictedUnpickler.StoredTensor;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors of a head in the older format: what {@code torch.save(model.state_dict())} writes.
 *
 * <p>It is an archive with a pickle that describes the tensors, {@code data.pkl}, and one entry
 * {@code data/KEY} for the elements of each storage.
 */
final class StateDict implements HeadTensors {

  /** Room for a head of rank 1,024 on hidden states of 16,384 numbers. */
  private static final long MAX_BYTES = 256L << 20;

  private final String where;
  private final StoredZip archive;
  private final Map<String, StoredTensor> tensors;

  private StateDict(String where, StoredZip archive, Map<String, StoredTensor> tensors) {
    this.where = where;
    this.archive = archive;
    this.tensors = tensors;
  }

  static StateDict open(ModelDirectory directory, String file) throws IOException {
    String where = directory.name() + "/" + file;
    StoredZip archive = StoredZip.read(directory.readAll(file, MAX_BYTES), where);
    Optional<ByteBuffer> order = archive.find("byteorder");
    if (order.isPresent() && !order.get().equals(ascii("little"))) {
      throw new ModelFormatException(
          ("Cannot read head %s: its byte order is not \"little\"; save it again on a"
                  + " little-endian machine")
              .formatted(where));
    }
    return new StateDict(
        where, archive, RestrictedUnpickler.read(archive.content("data.pkl"), where));
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public long[] shape(String name) {
    return Objects.requireNonNull(tensors.get(name), name).shape().clone();
  }

  @Override
  public float[] values(String name) throws IOException {
    StoredTensor tensor = Objects.requireNonNull(tensors.get(name), name);
    Storage storage = tensor.storage();
    ByteBuffer bytes = archive.content("data/" + storage.key());
    long elementBytes = storage.dtype().bits() / Byte.SIZE;
    if (bytes.remaining() % elementBytes != 0
        || bytes.remaining() / elementBytes != storage.elements()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot read head %s: the data of tensor %s have %d bytes, not those of %s[%d]",
              where,
              Quoted.of(name),
              bytes.remaining(),
              storage.dtype(),
              storage.elements()));
    }
    float[] stored = new float[(int) storage.elements()];
    storage.dtype().toFloats(bytes, FloatBuffer.wrap(stored));
    return gather(stored, tensor);
  }

  /** The elements in row-major order; the unpickler has checked that all are in the storage. */
  private static float[] gather(float[] stored, StoredTensor tensor) {
    long[] shape = tensor.shape();
    long[] strides = tensor.strides();
    int count = 1;
    for (long dimension : shape) {
      count *= (int) dimension;
    }
    float[] values = new float[count];
    long[] index = new long[shape.length];
    long at = tensor.offset();
    for (int i = 0; i < count; i++) {
      values[i] = stored[(int) at];
      for (int d = shape.length - 1; d >= 0; d--) {
        at += strides[d];
        if (++index[d] < shape[d]) {
          break;
        }
        at -= strides[d] * shape[d];
        index[d] = 0;
      }
    }
    return values;
  }

  @Override
  public void close() {
    // All of the archive is in memory.
  }
}
