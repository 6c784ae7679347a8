package io.github.tommerspark.detect;

import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.source.ModelDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;

/**
 * A hash of what determines a model's answers, wherever its files are: config.json, tokenizer.json,
 * the head, and of every tensor that is read its name, type, shape and 64 sampled blocks. Samples
 * keep it cheap for a checkpoint of many gigabytes in remote storage; a file that was trained
 * further differs in all of them.
 */
final class Fingerprint {
  private static final int BLOCKS = 64;
  private static final int BLOCK_BYTES = 64;
  private static final int MAX_JSON_BYTES = 256 << 20;

  private final MessageDigest digest;

  private Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /**
   * The fingerprint.
   *
   * @param tensors the tensors that are read, in a fixed order
   * @return 64 hex digits
   */
  static String of(
      ModelDirectory directory, Checkpoint checkpoint, Collection<TensorInfo> tensors, Head head)
      throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "config.json");
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.head(head);
    fingerprint.tensors(checkpoint, tensors);
    return fingerprint.hex();
  }

  /** The fingerprint of a backbone alone. */
  static String ofBackbone(
      ModelDirectory directory, Checkpoint checkpoint, Collection<TensorInfo> tensors)
      throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "config.json");
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.tensors(checkpoint, tensors);
    return fingerprint.hex();
  }

  private void tensors(Checkpoint checkpoint, Collection<TensorInfo> tensors) throws IOException {
    for (TensorInfo tensor : tensors) {
      text(tensor.name() + tensor.dtype() + Arrays.toString(tensor.shape()));
      samples(checkpoint, tensor);
    }
  }

  /** The fingerprint of a head on a user's own TorchScript file, which is hashed whole. */
  static String ofScript(ModelDirectory directory, Path script, Head head) throws IOException {
    Fingerprint fingerprint = new Fingerprint();
    fingerprint.file(directory, "tokenizer.json");
    fingerprint.head(head);
    try (var in = Files.newInputStream(script)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        fingerprint.digest.update(buffer, 0, n);
      }
    }
    return fingerprint.hex();
  }

  private String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private void file(ModelDirectory directory, String file) throws IOException {
    text(file);
    digest.update(directory.readAll(file, MAX_JSON_BYTES));
  }

  private void text(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private void head(Head head) {
    // Not the whole record: the backbone's name and a recommended threshold change no score.
    var config = head.config();
    text(
        "head %d %d %s %d %s %s"
            .formatted(
                config.layer(),
                config.rank(),
                config.causalMask(),
                config.slidingWindow(),
                config.useCosine(),
                config.normalizeScores()));
    floats(head.queryWeight());
    floats(head.keyWeight());
    floats(head.valueWeight());
    floats(head.valueBias());
    floats(head.featureWeights());
  }

  private void floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
    bytes.asFloatBuffer().put(values);
    digest.update(bytes);
  }

  private void samples(Checkpoint checkpoint, TensorInfo tensor) throws IOException {
    long size = tensor.byteSize();
    if (size <= (long) BLOCKS * BLOCK_BYTES) {
      digest.update(checkpoint.raw(tensor));
      return;
    }
    for (int i = 0; i < BLOCKS; i++) {
      long offset = (size - BLOCK_BYTES) * i / (BLOCKS - 1);
      digest.update(checkpoint.raw(tensor, offset, BLOCK_BYTES));
    }
  }
}
