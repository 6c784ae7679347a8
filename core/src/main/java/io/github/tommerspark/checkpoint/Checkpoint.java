package io.github.tommerspark.checkpoint;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.Quoted;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The weights of a model by name, in one safetensors file or in shards.
 *
 * <p>A shard is opened when the first of its tensors is asked for, so that the shards of blocks
 * that a truncated backbone does not run need not even be there. Nothing but headers and the
 * tensors asked for is read.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(Path.of("Llama-3.2-1B")))) {
 *   TensorInfo norm = checkpoint.tensor("model.norm.weight");
 *   float[] values = checkpoint.floats(norm);
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads at once. Buffers obtained from a checkpoint stay valid after
 * {@link #close}.
 */
public final class Checkpoint implements Closeable {

  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String PICKLE = "pytorch_model.bin";
  private static final String PICKLE_INDEX = "pytorch_model.bin.index.json";

  private final ModelDirectory directory;
  private final long indexBytes;
  private final Map<String, String> fileByTensor;
  private final Map<String, SafetensorsFile> openFiles = new LinkedHashMap<>();

  private Checkpoint(ModelDirectory directory, long indexBytes, Map<String, String> fileByTensor) {
    this.directory = directory;
    this.indexBytes = indexBytes;
    this.fileByTensor = fileByTensor;
  }

  /**
   * Opens the checkpoint of a model: {@code model.safetensors}, or else the shards that {@code
   * model.safetensors.index.json} names.
   *
   * @param directory the model's directory
   * @return the open checkpoint
   * @throws ModelFormatException when a file is malformed, or the weights are only there as a
   *     pickle
   * @throws IOException when there are no weights, or they cannot be read
   */
  public static Checkpoint open(ModelDirectory directory) throws IOException {
    if (directory.exists(SINGLE)) {
      return open(directory, SINGLE);
    }
    if (directory.exists(INDEX)) {
      ShardIndex index = ShardIndex.read(directory, INDEX);
      return new Checkpoint(directory, index.bytes(), index.weightMap());
    }
    for (String pickle : new String[] {PICKLE, PICKLE_INDEX}) {
      if (directory.exists(pickle)) {
        throw new ModelFormatException(
            ("Cannot read %s: its weights are only in %s, and pickles can run code when they are"
                    + " loaded; download a revision of the model that has model.safetensors, or"
                    + " save it again with transformers' save_pretrained")
                .formatted(directory.name(), pickle));
      }
    }
    throw new FileNotFoundException(
        "Cannot read %s: there is neither %s nor %s".formatted(directory.name(), SINGLE, INDEX));
  }

  /**
   * The files that the index of a sharded checkpoint names.
   *
   * @param directory the directory that the index is in
   * @param index its file name
   * @return the names of the shards, relative to the model's directory, in order
   * @throws ModelFormatException when the index is malformed
   * @throws IOException when it is missing or cannot be read
   */
  public static SortedSet<String> shards(ModelDirectory directory, String index)
      throws IOException {
    return new TreeSet<>(ShardIndex.read(directory, index).weightMap().values());
  }

  /**
   * Opens one safetensors file.
   *
   * @param directory the model's directory
   * @param file the name of the file, relative to the directory
   * @return the open checkpoint
   * @throws ModelFormatException when the file is malformed
   * @throws IOException when it is missing or cannot be read
   */
  public static Checkpoint open(ModelDirectory directory, String file) throws IOException {
    SafetensorsFile opened = SafetensorsFile.open(directory, file);
    Map<String, String> fileByTensor = new LinkedHashMap<>();
    opened.header().tensors().keySet().forEach(tensor -> fileByTensor.put(tensor, file));
    Checkpoint checkpoint = new Checkpoint(directory, 0, fileByTensor);
    checkpoint.openFiles.put(file, opened);
    return checkpoint;
  }

  /**
   * The names of all tensors, those of shards that are missing included.
   *
   * @return the names; unmodifiable
   */
  public Set<String> names() {
    return Collections.unmodifiableSet(fileByTensor.keySet());
  }

  /**
   * Looks a tensor up, opening its shard if need be.
   *
   * @param name the name of the tensor
   * @return what its header says, or empty when the checkpoint has no tensor of that name
   * @throws ModelFormatException when the shard is missing or malformed, or lacks the tensor
   * @throws IOException when the shard cannot be read
   */
  public Optional<TensorInfo> find(String name) throws IOException {
    String file = fileByTensor.get(name);
    if (file == null) {
      return Optional.empty();
    }
    SafetensorsFile opened = file(file, name);
    TensorInfo tensor = opened.header().tensors().get(name);
    if (tensor == null) {
      throw new ModelFormatException(
          "Cannot read %s: tensor %s is not in it, although %s says so"
              .formatted(opened.name(), Quoted.of(name), INDEX));
    }
    return Optional.of(tensor);
  }

  /**
   * Looks up a tensor that has to be there, opening its shard if need be.
   *
   * @param name the name of the tensor
   * @return what its header says
   * @throws ModelFormatException when there is no such tensor, or its shard is missing or malformed
   * @throws IOException when the shard cannot be read
   */
  public TensorInfo tensor(String name) throws IOException {
    return find(name)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    "Cannot read %s: tensor %s is missing"
                        .formatted(directory.name(), Quoted.of(name))));
  }

  /**
   * The bytes of a tensor as they are stored.
   *
   * @param tensor a tensor of this checkpoint of at most {@link Integer#MAX_VALUE} bytes
   * @return a read-only, direct, little-endian buffer: a view of the file where the source can map,
   *     a copy otherwise
   * @throws IllegalArgumentException when the tensor is larger; read it in parts
   * @throws IOException when reading fails
   */
  public ByteBuffer raw(TensorInfo tensor) throws IOException {
    if (tensor.byteSize() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Tensor %s has %d bytes, more than a buffer can hold",
              Quoted.of(tensor.name()),
              tensor.byteSize()));
    }
    return raw(tensor, 0, (int) tensor.byteSize());
  }

  /**
   * A part of the bytes of a tensor as they are stored.
   *
   * @param tensor a tensor of this checkpoint
   * @param offset the first byte, counted from the begin of the tensor
   * @param length the number of bytes
   * @return a read-only, direct, little-endian buffer: a view of the file where the source can map,
   *     a copy otherwise
   * @throws IndexOutOfBoundsException when the range is not inside the tensor
   * @throws IOException when reading fails
   */
  public ByteBuffer raw(TensorInfo tensor, long offset, int length) throws IOException {
    return file(tensor).raw(tensor, offset, length);
  }

  /**
   * Copies a part of the bytes of a tensor as they are stored.
   *
   * @param tensor a tensor of this checkpoint
   * @param offset the first byte, counted from the begin of the tensor
   * @param into receives bytes from its position up to its limit
   * @throws IndexOutOfBoundsException when the range is not inside the tensor
   * @throws IOException when reading fails
   */
  public void readRaw(TensorInfo tensor, long offset, ByteBuffer into) throws IOException {
    file(tensor).readRaw(tensor, offset, into);
  }

  /**
   * Returns a mark that changes with the content of a tensor's file, found without reading it;
   * empty where nothing does.
   *
   * @param tensor a tensor of this checkpoint
   * @throws IOException when the file cannot be asked
   */
  public Optional<String> version(TensorInfo tensor) throws IOException {
    return directory.version(tensor.file());
  }

  /**
   * Returns whether the bytes of tensors are those of files, and not computed when they are read.
   */
  public boolean isStored() {
    return directory.isStored();
  }

  /**
   * Reads a run of elements of a tensor as float32, exactly.
   *
   * @param tensor a tensor of this checkpoint, of type F32, F16 or BF16
   * @param firstElement the index of the first element in row-major order, from 0
   * @param into receives elements from its position up to its limit
   * @throws ModelFormatException when the tensor has another type
   * @throws IndexOutOfBoundsException when the elements are not all inside the tensor
   * @throws IOException when reading fails
   */
  public void readFloats(TensorInfo tensor, long firstElement, FloatBuffer into)
      throws IOException {
    file(tensor).readFloats(tensor, firstElement, into);
  }

  /**
   * Reads a whole small tensor as float32, exactly.
   *
   * @param tensor a tensor of this checkpoint, of type F32, F16 or BF16
   * @return its elements in row-major order
   * @throws ModelFormatException when the tensor has another type
   * @throws ArithmeticException when it has more elements than an array can hold
   * @throws IOException when reading fails
   */
  public float[] floats(TensorInfo tensor) throws IOException {
    float[] values = new float[Math.toIntExact(tensor.elements())];
    readFloats(tensor, 0, FloatBuffer.wrap(values));
    return values;
  }

  /**
   * A view of a tensor as it is stored, which costs no copy.
   *
   * @param tensor a tensor of this checkpoint, of type F32, F16 or BF16
   * @return a read-only, direct, little-endian buffer of its elements, aligned to their size; empty
   *     when it lies at an odd position or has more than {@link Integer#MAX_VALUE} bytes, or when
   *     the source cannot map
   * @throws ModelFormatException when the tensor has another type
   * @throws IOException when mapping fails
   */
  public Optional<ByteBuffer> map(TensorInfo tensor) throws IOException {
    return file(tensor).map(tensor);
  }

  /**
   * The bytes of tensors that were read or mapped so far; a range asked for twice counts twice.
   *
   * @return the number of bytes, headers not included
   */
  public long bytesRead() {
    return openFiles().stream().mapToLong(SafetensorsFile::bytesRead).sum();
  }

  /**
   * The bytes of the index and of the headers that were read so far.
   *
   * @return the number of bytes
   */
  public long headerBytesRead() {
    return indexBytes + openFiles().stream().mapToLong(file -> file.header().bytes()).sum();
  }

  private synchronized List<SafetensorsFile> openFiles() {
    return List.copyOf(openFiles.values());
  }

  private SafetensorsFile file(TensorInfo tensor) throws IOException {
    return file(tensor.file(), tensor.name());
  }

  private synchronized SafetensorsFile file(String file, String tensor) throws IOException {
    SafetensorsFile opened = openFiles.get(file);
    if (opened == null) {
      if (!directory.exists(file)) {
        throw new ModelFormatException(
            "Cannot read %s/%s: the file is missing, and tensor %s is in it"
                .formatted(directory.name(), file, Quoted.of(tensor)));
      }
      opened = SafetensorsFile.open(directory, file);
      openFiles.put(file, opened);
    }
    return opened;
  }

  @Override
  public synchronized void close() throws IOException {
    IOException failure = null;
    for (SafetensorsFile file : openFiles.values()) {
      try {
        file.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
