package io.github.tommerspark.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.StrictJson;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.Quoted;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A BERT-like encoder in an ONNX file, as PyTorch exports it, made a snapshot.
 *
 * <p>Only constants of the file are read, nothing of it is run. Sizes, heads, activation and the
 * norms' epsilon are read off the graph; a model's own {@code config.json} may say them instead,
 * and has to for RoBERTa.
 *
 * <pre>{@code
 * try (OnnxImport model = OnnxImport.open(Path.of("model.onnx"), null)) {
 *   model.write(Path.of("tokenizer.json"), 4, DType.F16, Path.of("snapshot"));
 * }
 * }</pre>
 */
public final class OnnxImport implements Closeable {

  private final RandomAccessSource source;
  private final OnnxGraph graph;
  private final BertExport export;

  private OnnxImport(RandomAccessSource source, OnnxGraph graph, BertExport export) {
    this.source = source;
    this.graph = graph;
    this.export = export;
  }

  /**
   * Opens an ONNX file.
   *
   * @param file the file
   * @param config the model's config.json, or null to derive it from the graph
   * @throws ModelFormatException if the file is damaged, or no encoder that can be imported
   * @throws IOException if it cannot be read
   */
  public static OnnxImport open(Path file, @Nullable Path config) throws IOException {
    ObjectNode given = null;
    if (config != null) {
      Path absolute = config.toAbsolutePath();
      if (!(StrictJson.read(LocalDirectory.of(absolute), absolute.getFileName().toString())
          instanceof ObjectNode object)) {
        throw new ModelFormatException("Cannot read %s: it is not a JSON object".formatted(config));
      }
      given = object;
    }
    Path absolute = file.toAbsolutePath();
    RandomAccessSource source = LocalDirectory.of(absolute).open(absolute.getFileName().toString());
    try {
      OnnxGraph graph = OnnxGraph.read(source);
      return new OnnxImport(source, graph, BertExport.of(graph, given));
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** Number of blocks in the file. */
  public int layers() {
    return export.layers();
  }

  /**
   * Writes the snapshot of the first blocks. The same file gives the same bytes.
   *
   * @param tokenizer the model's tokenizer.json, which is copied
   * @param layers how many blocks to keep, from 1 to {@link #layers}
   * @param dtype type of all weights, F32, F16 or BF16; null for each as the file has it
   * @param directory its place; may be an empty directory, or not be there
   * @throws ModelFormatException if the weights are not those of an encoder, one is not finite or
   *     beyond the range of the type, or the tokenizer is another model's
   * @throws IOException if a file cannot be read or written; then nothing has changed
   */
  public void write(Path tokenizer, int layers, @Nullable DType dtype, Path directory)
      throws IOException {
    if (layers < 1 || layers > export.layers()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot import %d blocks of %s: it has %d",
              layers,
              graph.file(),
              export.layers()));
    }
    SnapshotWriter.requireFree(directory);
    ObjectNode config = export.config(layers);
    Map<String, WeightSource> weights = new LinkedHashMap<>();
    export.weights(layers).forEach((name, weight) -> weights.put(name, new Values(name, weight)));
    SnapshotWriter.write(
        graph.file(),
        config,
        TokenizerJson.read(tokenizer, config.path("vocab_size").asLong()),
        weights,
        dtype,
        directory);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  /** A weight's values, rows and columns in the order of the snapshot. */
  private final class Values implements WeightSource {
    private final String name;
    private final BertExport.Weight weight;
    // Of a transposed matrix all, once the first is asked for.
    private float @Nullable [] rows;

    Values(String name, BertExport.Weight weight) {
      this.name = name;
      this.weight = weight;
    }

    @Override
    public long[] shape() {
      return weight.shape();
    }

    @Override
    public DType dtype() {
      return weight.tensor().dtype();
    }

    @Override
    public void read(long first, float[] into) throws IOException {
      if (!weight.transposed()) {
        graph.floats(weight.tensor(), first, into);
        return;
      }
      if (rows == null) {
        rows = transpose();
      }
      System.arraycopy(rows, (int) first, into, 0, into.length);
      if (first + into.length == rows.length) {
        // Read in order, once.
        rows = null;
      }
    }

    private float[] transpose() throws IOException {
      long elements = elements();
      if (elements > Integer.MAX_VALUE / Float.BYTES) {
        throw new ModelFormatException(
            String.format(
                Locale.ROOT,
                "Cannot import %s: matrix %s has %d elements, more than can be transposed",
                graph.file(),
                Quoted.of(name),
                elements));
      }
      int out = (int) weight.shape()[0];
      int in = (int) weight.shape()[1];
      float[] columns = new float[(int) elements];
      graph.floats(weight.tensor(), 0, columns);
      float[] transposed = new float[columns.length];
      for (int i = 0; i < in; i++) {
        for (int o = 0; o < out; o++) {
          transposed[o * in + i] = columns[i * out + o];
        }
      }
      return transposed;
    }
  }
}
