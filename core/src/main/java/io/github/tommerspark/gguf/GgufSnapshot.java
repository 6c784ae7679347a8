package io.github.tommerspark.gguf;

import io.github.tommerspark.convert.SnapshotWriter;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file as the Hugging Face snapshot it stands for: a directory with {@code config.json},
 * {@code tokenizer.json} and {@code model.safetensors}, none of which exist. Quantised tensors are
 * of type F32 there, with exactly the values that llama.cpp computes.
 *
 * <p>What the file says about itself is read when the first of them is asked for; weights are read
 * as they are asked for. Thread-safe.
 */
public final class GgufSnapshot implements ModelDirectory {

  private static final String EXTENSION = ".gguf";
  static final String CONFIG = "config.json";
  static final String TOKENIZER = "tokenizer.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final Pattern FILE_NAME =
      Pattern.compile("(?i)([.-](i?q\\d\\w*|t?q\\d\\w*|b?f16|fp16|f32|fp32))?\\.gguf$");

  private static final List<String> FILES = List.of(CONFIG, TOKENIZER, WEIGHTS);

  private final ModelDirectory directory;
  private final String file;
  private final String name;
  private final @Nullable Integer kept;
  private GgufArchitecture.@Nullable Snapshot snapshot;

  /**
   * The snapshot of a file, which is not looked at before it is needed.
   *
   * @param directory where the file is
   * @param file its name in there
   */
  public GgufSnapshot(ModelDirectory directory, String file) {
    this(directory, file, directory.name() + "/" + file, null);
  }

  private GgufSnapshot(ModelDirectory directory, String file, String name, @Nullable Integer kept) {
    this.directory = Objects.requireNonNull(directory, "directory");
    this.file = Objects.requireNonNull(file, "file");
    this.name = name;
    this.kept = kept;
  }

  /**
   * The snapshot of a local file, which is not looked at before it is needed.
   *
   * @param path the path of the file
   * @return the snapshot, under that path
   */
  public static GgufSnapshot of(Path path) {
    Path absolute = path.toAbsolutePath();
    return new GgufSnapshot(
        LocalDirectory.of(absolute), absolute.getFileName().toString(), path.toString(), null);
  }

  /** Tensors are made from quantised ones when they are read. */
  @Override
  public boolean isStored() {
    return false;
  }

  /**
   * Number of blocks.
   *
   * @throws io.github.tommerspark.checkpoint.ModelFormatException if the file is malformed or not
   *     supported
   * @throws IOException if it cannot be read
   */
  public int layers() throws IOException {
    return snapshot().layers();
  }

  /**
   * The snapshot of the first blocks alone, whose config.json says so, too; without the matrix that
   * predicts words, which comes after all of them.
   *
   * @param layers number of blocks to keep
   * @throws IOException if there are fewer blocks, or the file cannot be read
   */
  public GgufSnapshot first(int layers) throws IOException {
    if (layers < 1 || layers > layers()) {
      throw new IOException(
          String.format(
              Locale.ROOT, "Cannot keep %d blocks of %s: it has %d", layers, name, layers()));
    }
    return layers == layers() ? this : new GgufSnapshot(directory, file, name, layers);
  }

  /**
   * Returns whether a location names a GGUF file by its extension.
   *
   * @param location a path or URI
   * @return whether it ends with {@code .gguf}
   */
  public static boolean isNamed(String location) {
    return location.toLowerCase(Locale.ROOT).endsWith(EXTENSION);
  }

  /**
   * Returns whether a local file is in this format, by its extension or by its first bytes.
   *
   * @param path any path
   * @return false for what is no file
   * @throws IOException if the file cannot be read
   */
  public static boolean isGguf(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    if (isNamed(path.toString())) {
      return true;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return GgufHeader.isMagic(in.readNBytes(Integer.BYTES));
    }
  }

  /**
   * The name of the model in the usual name of a file, as {@code SmolLM2-135M-Instruct} in {@code
   * SmolLM2-135M-Instruct.Q4_K_M.gguf}.
   *
   * @param name last part of a path or URI
   * @return the name without extension and type; as it is where it has no such extension
   */
  public static String modelName(String name) {
    return FILE_NAME.matcher(name).replaceFirst("");
  }

  /** The file: a path or URI. */
  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean exists(String part) throws IOException {
    ModelDirectory.requireRelative(name, part);
    return FILES.contains(part);
  }

  /**
   * Opens one of the three files.
   *
   * @throws io.github.tommerspark.checkpoint.ModelFormatException if the file is malformed, or its
   *     architecture, a type of its tensors or its tokenizer is not supported
   */
  @Override
  public RandomAccessSource open(String part) throws IOException {
    ModelDirectory.requireRelative(name, part);
    switch (part) {
      case CONFIG:
        return new Bytes(
            name + "/" + CONFIG,
            SnapshotWriter.json(snapshot().config()).getBytes(StandardCharsets.UTF_8));
      case TOKENIZER:
        try (RandomAccessSource source = directory.open(file)) {
          return new Bytes(
              name + "/" + TOKENIZER,
              GgufTokenizer.json(name, GgufHeader.read(name, source, true)));
        }
      case WEIGHTS:
        List<GgufWeight> weights = snapshot().weights();
        RandomAccessSource source = directory.open(file);
        try {
          return new GgufWeights(name, source, weights);
        } catch (IOException | RuntimeException e) {
          source.close();
          throw e;
        }
      default:
        throw new FileNotFoundException(
            "Cannot read %s/%s: a GGUF file stands for %s, %s and %s only"
                .formatted(name, part, CONFIG, TOKENIZER, WEIGHTS));
    }
  }

  private synchronized GgufArchitecture.Snapshot snapshot() throws IOException {
    if (snapshot == null) {
      try (RandomAccessSource source = directory.open(file)) {
        GgufHeader header = GgufHeader.read(name, source, false);
        snapshot = GgufArchitecture.snapshot(name, header, tensor -> floats(source, tensor));
        if (kept != null) {
          snapshot = snapshot.first(kept);
        }
      }
    }
    return snapshot;
  }

  private static float[] floats(RandomAccessSource source, GgufTensor tensor) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tensor.byteSize()));
    source.read(tensor.begin(), bytes);
    FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(tensor.elements()));
    tensor.type().dtype().toFloats(bytes.flip(), values);
    return values.array();
  }

  private record Bytes(String name, byte[] content) implements RandomAccessSource {

    @Override
    public long size() {
      return content.length;
    }

    @Override
    public void read(long position, ByteBuffer into) {
      into.put(content, Math.toIntExact(position), into.remaining());
    }

    @Override
    public Optional<ByteBuffer> map(long position, long length) {
      return Optional.empty();
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
