package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.Processor;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A hash of all bytes of tensors: SHA-256 over their names, types and shapes and the SHA-256 of
 * each part of {@value #PART_BYTES} bytes, which several threads compute at once.
 */
final class WeightHash {

  private static final int PART_BYTES = 4 << 20;

  /** Half a second, or less, of a core without instructions for SHA-256. */
  private static final long ALWAYS_BYTES = 256L << 20;

  /** By what is known of files without reading them. */
  private static final ConcurrentHashMap<List<String>, String> KNOWN = new ConcurrentHashMap<>();

  private WeightHash() {}

  /** The hash, which is computed once for files that nobody has changed. */
  static String remembered(Checkpoint checkpoint, Collection<TensorInfo> tensors)
      throws IOException {
    List<String> key = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      Optional<String> version = checkpoint.version(tensor);
      if (version.isEmpty()) {
        return of(checkpoint, tensors);
      }
      key.add(version.get() + " " + tensor);
    }
    String known = KNOWN.get(key);
    if (known == null) {
      known = of(checkpoint, tensors);
      KNOWN.put(key, known);
    }
    return known;
  }

  /**
   * Returns whether a hash takes at most a second for each gigabyte, or half a second in all.
   *
   * @param checkpoint with the tensors
   * @param bytes of the tensors
   */
  static boolean isCheap(Checkpoint checkpoint, long bytes) {
    return checkpoint.isStored() && (bytes <= ALWAYS_BYTES || Processor.hasSha256());
  }

  /**
   * The hash.
   *
   * @param tensors in a fixed order
   * @return 64 hex digits
   */
  static String of(Checkpoint checkpoint, Collection<TensorInfo> tensors) throws IOException {
    List<Part> parts = new ArrayList<>();
    for (TensorInfo tensor : tensors) {
      for (long from = 0; from == 0 || from < tensor.byteSize(); from += PART_BYTES) {
        parts.add(new Part(tensor, from));
      }
    }
    List<byte[]> hashes;
    try {
      hashes = parts.parallelStream().map(part -> part.hash(checkpoint)).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    MessageDigest digest = Sha256.digest();
    for (int i = 0; i < parts.size(); i++) {
      TensorInfo tensor = parts.get(i).tensor();
      if (parts.get(i).from() == 0) {
        String header = tensor.name() + tensor.dtype() + Arrays.toString(tensor.shape()) + "\0";
        digest.update(header.getBytes(StandardCharsets.UTF_8));
      }
      digest.update(hashes.get(i));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private record Part(TensorInfo tensor, long from) {

    byte[] hash(Checkpoint checkpoint) {
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(PART_BYTES, tensor.byteSize() - from));
      try {
        checkpoint.readRaw(tensor, from, bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      MessageDigest digest = Sha256.digest();
      digest.update(bytes.flip());
      return digest.digest();
    }
  }
}
