package io.github.tommerspark.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.convert.SnapshotWriter;
import io.github.tommerspark.convert.WeightSource;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the snapshot that a GGUF file stands for to a directory. */
public final class GgufImport {

  private static final int MAX_TOKENIZER_BYTES = 256 << 20;

  private GgufImport() {}

  /**
   * Writes a snapshot. The same file gives the same bytes.
   *
   * @param snapshot what to write
   * @param dtype type of all weights, F32, F16 or BF16; null for each as the file has it, and F32
   *     for those that are quantised there
   * @param directory its place; may be an empty directory, or not be there
   * @throws io.github.tommerspark.checkpoint.ModelFormatException if the file is malformed, lacks a
   *     tensor, is not supported, or a weight is not finite or beyond the range of the type
   * @throws IOException if the place is taken, or a file cannot be read or written; then nothing
   *     has changed
   */
  public static void write(GgufSnapshot snapshot, @Nullable DType dtype, Path directory)
      throws IOException {
    SnapshotWriter.requireFree(directory);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan.of(snapshot, checkpoint, snapshot.layers() - 1);
      Map<String, WeightSource> weights = new LinkedHashMap<>();
      for (String name : checkpoint.names()) {
        weights.put(name, new Weight(checkpoint, checkpoint.tensor(name)));
      }
      SnapshotWriter.write(
          snapshot.name(),
          (ObjectNode) StrictJson.read(snapshot, GgufSnapshot.CONFIG),
          snapshot.readAll(GgufSnapshot.TOKENIZER, MAX_TOKENIZER_BYTES),
          weights,
          dtype,
          directory);
    }
  }

  private record Weight(Checkpoint checkpoint, TensorInfo tensor) implements WeightSource {

    @Override
    public long[] shape() {
      return tensor.shape();
    }

    @Override
    public DType dtype() {
      return tensor.dtype();
    }

    @Override
    public void read(long first, float[] into) throws IOException {
      checkpoint.readFloats(tensor, first, FloatBuffer.wrap(into));
    }
  }
}
