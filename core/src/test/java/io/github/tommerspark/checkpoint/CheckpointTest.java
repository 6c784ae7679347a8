package io.github.tommerspark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ResourceDirectory;
import io.github.tommerspark.testing.CountingDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.testing.SafetensorsBytes;
import io.github.tommerspark.testing.Samples;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

  private static final String SHARDED = "backbones/llama-untied-sharded";

  @TempDir Path temporary;

  static List<Path> goldenFiles() throws IOException {
    try (Stream<Path> files = Files.walk(Golden.root())) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("goldenFiles")
  void readsEveryGoldenFile(Path file) throws IOException {
    LocalDirectory directory = new LocalDirectory(file.getParent());
    long size = Files.size(file);
    try (Checkpoint checkpoint = Checkpoint.open(directory, file.getFileName().toString())) {
      assertThat(checkpoint.names()).isNotEmpty();
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        ByteBuffer raw = checkpoint.raw(tensor);
        assertThat((long) raw.remaining()).isEqualTo(tensor.byteSize());
        if (tensor.dtype() == DType.F32) {
          FloatBuffer stored = raw.asFloatBuffer();
          assertThat(FloatBuffer.wrap(checkpoint.floats(tensor))).isEqualTo(stored);
        }
      }
      assertThat(checkpoint.headerBytesRead() + dataBytes(checkpoint)).isEqualTo(size);
    }
  }

  @ParameterizedTest
  @CsvSource({"llama-bf16, BF16, 0x1p-8", "llama-fp16, F16, 0x1p-11"})
  void halfPrecisionCopiesAreTheOriginalRounded(String copy, DType dtype, float relative)
      throws IOException {
    Path backbones = Samples.path("backbones");
    try (Checkpoint exact = Checkpoint.open(new LocalDirectory(backbones.resolve("llama")));
        Checkpoint rounded = Checkpoint.open(new LocalDirectory(backbones.resolve(copy)))) {
      assertThat(rounded.names()).isEqualTo(exact.names());
      for (String name : rounded.names()) {
        TensorInfo tensor = rounded.tensor(name);
        assertThat(tensor.dtype()).isEqualTo(dtype);
        float[] actual = rounded.floats(tensor);
        float[] expected = exact.floats(exact.tensor(name));
        for (int i = 0; i < expected.length; i++) {
          // The second term is half the distance of the smallest binary16 numbers.
          float tolerance = Math.abs(expected[i]) * relative + 0x1p-25f;
          assertThat(actual[i]).isCloseTo(expected[i], within(tolerance));
        }
      }
    }
  }

  @Test
  void opensOnlyTheShardsItNeeds() throws IOException {
    Path copy = copyOfShardedCheckpoint();
    Files.delete(copy.resolve("model-00002-of-00002.safetensors"));
    CountingDirectory directory = new CountingDirectory(new LocalDirectory(copy), true);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.bytesRead()).isZero();
      TensorInfo first = checkpoint.tensor("model.layers.0.mlp.up_proj.weight");
      assertThat(first.file()).isEqualTo("model-00001-of-00002.safetensors");
      assertThat(checkpoint.floats(first)).hasSize((int) first.elements());
      assertThat(checkpoint.bytesRead()).isEqualTo(first.byteSize());
      assertThat(checkpoint.names()).contains("model.norm.weight");
      assertThat(checkpoint.find("model.layers.99.mlp.up_proj.weight")).isEmpty();
      assertThatThrownBy(() -> checkpoint.find("model.norm.weight"))
          .isInstanceOf(ModelFormatException.class)
          .hasMessage(
              "Cannot read %s/model-00002-of-00002.safetensors: the file is missing, and tensor"
                      .formatted(copy)
                  + " \"model.norm.weight\" is in it");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsNothingButHeadersAndWhatIsAskedFor(boolean mapping) throws IOException {
    CountingDirectory directory =
        new CountingDirectory(LocalDirectory.owned(Samples.path(SHARDED)), mapping);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      long wanted = 0;
      for (String name : checkpoint.names()) {
        if (name.startsWith("model.layers.0.")) {
          TensorInfo tensor = checkpoint.tensor(name);
          wanted += tensor.byteSize();
          assertThat(checkpoint.map(tensor).isPresent()).isEqualTo(mapping);
          if (!mapping) {
            assertThat(checkpoint.floats(tensor)).hasSize((int) tensor.elements());
          }
        }
      }
      assertThat(checkpoint.bytesRead()).isEqualTo(wanted).isPositive();
      assertThat(directory.bytes())
          .isEqualTo(checkpoint.bytesRead() + checkpoint.headerBytesRead());
    }
  }

  @Test
  void theSameBytesComeFromEverySource() throws IOException {
    Path backbones = Samples.path("backbones");
    URLClassLoader loader = new URLClassLoader(new URL[] {backbones.toUri().toURL()}, null);
    LocalDirectory local = LocalDirectory.owned(backbones.resolve("llama-bf16"));
    try (Checkpoint mapped = Checkpoint.open(local);
        Checkpoint read = Checkpoint.open(new CountingDirectory(local, false));
        Checkpoint resource = Checkpoint.open(new ResourceDirectory(loader, "llama-bf16"))) {
      assertThat(mapped.names()).isNotEmpty();
      for (String name : mapped.names()) {
        TensorInfo tensor = mapped.tensor(name);
        assertThat(read.tensor(name)).isEqualTo(tensor);
        assertThat(read.raw(tensor)).isEqualTo(mapped.raw(tensor));
        assertThat(resource.raw(tensor)).isEqualTo(mapped.raw(tensor));
        assertThat(read.raw(tensor).isDirect()).isTrue();
        assertThat(read.raw(tensor).isReadOnly()).isTrue();
        assertThat(resource.floats(tensor)).isEqualTo(mapped.floats(tensor));
        assertThat(mapped.map(tensor)).contains(mapped.raw(tensor));
        assertThat(read.map(tensor)).isEmpty();
      }
    }
  }

  @Test
  void namesAMissingTensorAndItsDirectory() throws IOException {
    Path folder = Samples.path(SHARDED);
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(folder))) {
      assertThatThrownBy(() -> checkpoint.tensor("model.layers.7.x"))
          .isInstanceOf(ModelFormatException.class)
          .hasMessage("Cannot read %s: tensor \"model.layers.7.x\" is missing".formatted(folder));
    }
  }

  @Test
  void prefersTheSingleFile() throws IOException {
    Path copy = copyOfShardedCheckpoint();
    SafetensorsBytes.write(
        copy,
        SafetensorsBytes.of(
            "{'x':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}".replace('\'', '"'), (byte) 7));
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(copy))) {
      assertThat(checkpoint.names()).containsExactly("x");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "pytorch_model.bin.index.json"})
  void refusesPicklesAndSaysWhatToDo(String pickle) throws IOException {
    Files.createFile(temporary.resolve(pickle));
    assertThatThrownBy(() -> Checkpoint.open(new LocalDirectory(temporary)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith("Cannot read " + temporary)
        .hasMessageContaining(pickle)
        .hasMessageContaining("download a revision of the model that has model.safetensors");
  }

  @Test
  void saysThatThereAreNoWeights() {
    assertThatThrownBy(() -> Checkpoint.open(new LocalDirectory(temporary)))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessage(
            "Cannot read %s: there is neither model.safetensors nor model.safetensors.index.json"
                .formatted(temporary));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{'weight_map': []}",
        "{'weight_map': {'x': 1}}",
        "{'weight_map': {'x': '../model.safetensors'}}",
        "{'weight_map': {'x': '/etc/passwd'}}",
        "{'weight_map': {'x': 'a\\\\b'}}",
        "{'weight_map': {'x': 'a', 'x': 'b'}}",
        "{'weight_map': {'x': 'a'",
        "",
        "nonsense",
        "{'weight_map': {'\\ud800': "
      })
  void refusesAMalformedIndex(String index) throws IOException {
    Files.writeString(temporary.resolve("model.safetensors.index.json"), index.replace('\'', '"'));
    assertThatThrownBy(() -> Checkpoint.open(new LocalDirectory(temporary)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot read %s/model.safetensors.index.json: ", temporary)
        .hasMessageNotContaining("\n");
  }

  @Test
  void anIndexThatIsWrongAboutAShardIsNamed() throws IOException {
    Path copy = copyOfShardedCheckpoint();
    Files.writeString(
        copy.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"ghost\": \"model-00001-of-00002.safetensors\"}}");
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(copy))) {
      assertThatThrownBy(() -> checkpoint.find("ghost"))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor \"ghost\" is not in it");
    }
  }

  @Test
  void integersAreNotReadAsWeights() throws IOException {
    String header = "{\"ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    SafetensorsBytes.write(temporary, SafetensorsBytes.of(header, new byte[8]));
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(temporary))) {
      TensorInfo ids = checkpoint.tensor("ids");
      assertThat(checkpoint.raw(ids).getLong()).isZero();
      assertThatThrownBy(() -> checkpoint.floats(ids))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("tensor \"ids\" has dtype I64");
      assertThatThrownBy(() -> checkpoint.map(ids)).isInstanceOf(ModelFormatException.class);
    }
  }

  @Test
  void unalignedWeightsAreCopiedInsteadOfMapped() throws IOException {
    byte[] one = {0, 0, (byte) 0x80, 0x3f};
    byte[] half = {(byte) 0x80, 0x3f};
    for (int i = 0; i < 16; i++) {
      boolean wide = i % 2 == 0;
      String header =
          "{\"x\":{\"dtype\":\"%s\",\"shape\":[],\"data_offsets\":[0,%d]}}"
              .formatted(wide ? "F32" : "BF16", wide ? 4 : 2);
      byte[] file = SafetensorsBytes.of(header + " ".repeat(i / 2), wide ? one : half);
      SafetensorsBytes.write(temporary, file);
      try (Checkpoint checkpoint = Checkpoint.open(LocalDirectory.owned(temporary))) {
        TensorInfo scalar = checkpoint.tensor("x");
        assertThat(scalar.elements()).isEqualTo(1);
        assertThat(checkpoint.floats(scalar)).containsExactly(1f);
        assertThat(checkpoint.map(scalar).isPresent())
            .isEqualTo(scalar.begin() % (wide ? 4 : 2) == 0);
      }
    }
  }

  @Test
  void refusesElementsOutsideATensor() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(sparse(3, DType.F32)))) {
      TensorInfo tensor = checkpoint.tensor("huge");
      for (long first : new long[] {-1, 2, Long.MAX_VALUE}) {
        assertThatThrownBy(() -> checkpoint.readFloats(tensor, first, FloatBuffer.allocate(2)))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
      assertThatThrownBy(() -> checkpoint.raw(tensor, 10, 3))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void tensorsBeyondTwoGibibytesAreReadInParts() throws IOException {
    long elements = (1L << 29) + 1000;
    try (Checkpoint checkpoint = Checkpoint.open(new LocalDirectory(sparse(elements, DType.F32)))) {
      TensorInfo huge = checkpoint.tensor("huge");
      assertThat(huge.byteSize()).isGreaterThan(Integer.MAX_VALUE);
      assertThat(checkpoint.map(huge)).isEmpty();
      assertThatThrownBy(() -> checkpoint.raw(huge)).isInstanceOf(IllegalArgumentException.class);
      // Only the last element differs from 0; the part is larger than one chunk of the reader.
      FloatBuffer part = ByteBuffer.allocateDirect(4 << 19).asFloatBuffer();
      checkpoint.readFloats(huge, elements - part.capacity(), part);
      assertThat(part.get(part.capacity() - 1)).isEqualTo(1.5f);
      assertThat(part.get(part.capacity() - 2)).isZero();
      assertThat(checkpoint.raw(huge, huge.byteSize() - 4, 4).getFloat()).isEqualTo(1.5f);
    }
  }

  /** A file of zeros without blocks on the disk, of which only the last element is written. */
  private Path sparse(long elements, DType dtype) throws IOException {
    String header =
        "{\"huge\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(dtype, elements, elements * dtype.bits() / 8);
    byte[] begin = SafetensorsBytes.of(header);
    Path file = temporary.resolve("model.safetensors");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap(begin));
      ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 1.5f);
      channel.write(last, begin.length + elements * dtype.bits() / 8 - 4);
    }
    return temporary;
  }

  private Path copyOfShardedCheckpoint() throws IOException {
    try (Stream<Path> files = Files.list(Samples.path(SHARDED))) {
      files
          .filter(file -> file.getFileName().toString().startsWith("model"))
          .forEach(
              file -> {
                try {
                  Files.copy(file, temporary.resolve(file.getFileName()));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
    return temporary;
  }

  private static long dataBytes(Checkpoint checkpoint) throws IOException {
    long bytes = 0;
    for (String name : checkpoint.names()) {
      bytes += checkpoint.tensor(name).byteSize();
    }
    return bytes;
  }
}
