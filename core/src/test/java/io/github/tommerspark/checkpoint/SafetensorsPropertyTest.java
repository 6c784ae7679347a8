package io.github.tommerspark.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.InMemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SafetensorsPropertyTest {

  private static final String FILE = "model.safetensors";

  @Property(tries = 200)
  void whatIsWrittenIsRead(@ForAll("tensors") Map<String, FloatTensor> tensors) throws IOException {
    byte[] file = written(tensors);
    assertThat(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();
    try (Checkpoint checkpoint = Checkpoint.open(new InMemoryDirectory(Map.of(FILE, file)))) {
      Map<String, FloatTensor> read = new LinkedHashMap<>();
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        read.put(name, new FloatTensor(tensor.shape(), checkpoint.floats(tensor)));
        assertThat(checkpoint.raw(tensor).asFloatBuffer())
            .isEqualTo(FloatBuffer.wrap(tensors.get(name).values()));
      }
      assertThat(read).isEqualTo(tensors);
    }
    assertThat(written(new LinkedHashMap<>(tensors))).isEqualTo(file);
  }

  @Property(tries = 200)
  void anyRunOfElementsIsAPartOfTheWhole(
      @ForAll @IntRange(max = 40) int begin,
      @ForAll @IntRange(max = 40) int count,
      @ForAll long seed)
      throws IOException {
    float[] values = new float[80];
    Random random = new Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    byte[] file = written(Map.of("x", new FloatTensor(new long[] {8, 10}, values)));
    try (Checkpoint checkpoint = Checkpoint.open(new InMemoryDirectory(Map.of(FILE, file)))) {
      FloatBuffer into = FloatBuffer.allocate(count + 2).position(1).limit(count + 1);
      checkpoint.readFloats(checkpoint.tensor("x"), begin, into);
      assertThat(into.hasRemaining()).isFalse();
      assertThat(Arrays.copyOfRange(into.array(), 1, count + 1))
          .isEqualTo(Arrays.copyOfRange(values, begin, begin + count));
    }
  }

  @Property(tries = 2000)
  void aDamagedFileGivesAClearErrorOrTensorsInsideIt(
      @ForAll("tensors") Map<String, FloatTensor> tensors,
      @ForAll @Size(max = 4) List<@IntRange(max = 1 << 20) Integer> flips,
      @ForAll @IntRange(max = 1 << 20) int cut)
      throws IOException {
    byte[] file = written(tensors);
    int headerBits = Math.min(file.length, 600) * Byte.SIZE;
    for (int flip : flips) {
      int bit = flip % headerBits;
      file[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
    // Half of the files keep their length.
    int length = cut % 2 == 0 ? file.length : cut % (file.length + 1);
    ModelDirectory directory = new InMemoryDirectory(Map.of(FILE, Arrays.copyOf(file, length)));
    assertThatCode(() -> readEverything(directory))
        .satisfies(
            thrown -> {
              if (thrown != null) {
                assertThat(thrown).isInstanceOf(ModelFormatException.class);
                assertThat(thrown).hasMessageStartingWith("Cannot read memory/model.safetensors: ");
                assertThat(thrown).hasMessageNotContaining("\n");
              }
            });
  }

  private static void readEverything(ModelDirectory directory) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        assertThat((long) checkpoint.raw(tensor).remaining()).isEqualTo(tensor.byteSize());
        if (tensor.dtype().isWeight()) {
          assertThat((long) checkpoint.floats(tensor).length).isEqualTo(tensor.elements());
        }
      }
    }
  }

  private static byte[] written(Map<String, FloatTensor> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(tensors, out);
    return out.toByteArray();
  }

  @Provide
  Arbitrary<Map<String, FloatTensor>> tensors() {
    Arbitrary<String> names =
        Arbitraries.strings()
            .withCharRange('\u0000', '\u024f')
            .withChars("漢\"\\./")
            .ofMaxLength(12)
            .filter(name -> !name.equals("__metadata__"));
    Arbitrary<long[]> shapes = Arbitraries.longs().between(0, 5).array(long[].class).ofMaxSize(4);
    Arbitrary<FloatTensor> tensors =
        Combinators.combine(shapes, Arbitraries.longs())
            .as(
                (shape, seed) -> {
                  Random random = new Random(seed);
                  int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
                  float[] values = new float[elements];
                  for (int i = 0; i < elements; i++) {
                    values[i] = Float.intBitsToFloat(random.nextInt());
                  }
                  return new FloatTensor(shape, values);
                });
    return Arbitraries.maps(names, tensors).ofMaxSize(5);
  }
}
