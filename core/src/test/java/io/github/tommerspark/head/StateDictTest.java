package io.github.tommerspark.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.head.TorchArchive.Pickle;
import io.github.tommerspark.testing.InMemoryDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateDictTest {

  private static final String PREFIX = "Cannot read head memory/parameters: ";
  private static final long[] TWO_BY_THREE = {2, 3};

  @Test
  void readsTensorsOfAllTypes() throws IOException {
    byte[] pickle =
        new Pickle()
            .raw('}', '(')
            .text("full")
            .tensor("FloatStorage", "0", 2, 0, new long[] {2}, new long[] {1})
            .text("half")
            .tensor("HalfStorage", "1", 2, 0, new long[] {2}, new long[] {1})
            .text("brain")
            .tensor("BFloat16Storage", "2", 2, 0, new long[] {2}, new long[] {1})
            .raw('u')
            .stop();
    TorchArchive archive =
        new TorchArchive()
            .pickle(pickle)
            .storage("0", TorchArchive.floats(1.5f, -2))
            .storage("1", TorchArchive.shorts(0x3e00, 0x0001))
            .storage("2", TorchArchive.shorts(0x3fc0, 0xc000));
    try (StateDict tensors = open(archive.stored())) {
      assertThat(tensors.names()).containsExactly("full", "half", "brain");
      assertThat(tensors.values("full")).containsExactly(1.5f, -2);
      assertThat(tensors.values("half")).containsExactly(1.5f, 0x1p-24f);
      assertThat(tensors.values("brain")).containsExactly(1.5f, -2);
    }
  }

  @Test
  void honoursOffsetsAndStrides() throws IOException {
    // The transpose of [[1, 2], [3, 4], [5, 6]], one element into its storage.
    assertThat(read(Pickle.ofTensor("FloatStorage", "0", 7, 1, TWO_BY_THREE, new long[] {1, 2})))
        .containsExactly(1, 3, 5, 2, 4, 6);
    assertThat(read(Pickle.ofTensor("FloatStorage", "0", 7, 1, TWO_BY_THREE, new long[] {3, 1})))
        .containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(read(Pickle.ofTensor("FloatStorage", "0", 7, 6, new long[0], new long[0])))
        .containsExactly(6);
    assertThat(read(Pickle.ofTensor("FloatStorage", "0", 7, 0, new long[] {0, 9}, TWO_BY_THREE)))
        .isEmpty();
  }

  @Test
  void skipsTheVersionsOfModules() throws IOException {
    Pickle pickle = new Pickle().global("collections", "OrderedDict").raw('q', 0, ')', 'R', 'q', 1);
    pickle.text("x").tensor("FloatStorage", "0", 7, 0, new long[] {7}, new long[] {1}).raw('s');
    pickle.raw('}').text("_metadata").raw('h', 0, ')', 'R', '(').text("").raw('}');
    pickle.text("version").raw('K', 1, 's', 'u', 's', 'b');
    assertThat(read(pickle)).containsExactly(0, 1, 2, 3, 4, 5, 6);
  }

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "torch, load",
    "torch.FloatStorage, __init__",
    "collections, OrderedDict.fromkeys",
    "torch._utils, _rebuild_parameter",
    "__torch__, M"
  })
  void refusesForeignGlobalsByName(String module, String name) {
    Pickle pickle = new Pickle().global(module, name).text("id").raw(0x85, 'R');
    assertThatThrownBy(() -> read(pickle))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            PREFIX
                + "the pickle asks for \"%s.%s\", which a state dict never needs;"
                + " refusing to load it",
            module,
            name);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, 6, 1", // longer than the storage
    "7, 2, 6, 1", // leaves it at the end
    "7, -1, 6, 1",
    "7, 0, -1, 1",
    "7, 0, 6, -1",
    "7, 0, 6, 2",
    "7, 0, 1000000000000, 0", // one element, seen very often
    "7, 0, 9223372036854775807, 9223372036854775807",
    "8, 0, 6, 1", // more elements than the entry has
    "9223372036854775807, 0, 6, 1",
    "-1, 0, 0, 1",
  })
  void refusesTensorsThatDoNotFitTheirStorage(long elements, long offset, long size, long stride) {
    long[] shape = {size};
    assertThatThrownBy(
            () ->
                read(
                    Pickle.ofTensor(
                        "FloatStorage", "0", elements, offset, shape, new long[] {stride})))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(PREFIX);
  }

  @Test
  void refusesShapesWhoseProductOverflows() {
    long[] shape = {1L << 32, 1L << 32, 4};
    assertThatThrownBy(
            () -> read(Pickle.ofTensor("FloatStorage", "0", 7, 0, shape, new long[] {0, 0, 0})))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("does not fit its storage");
  }

  @Test
  void refusesMissingOrForeignStorages() {
    for (String key : new String[] {"1", "../0", "../data.pkl", ""}) {
      assertThatThrownBy(
              () -> read(Pickle.ofTensor("FloatStorage", key, 7, 0, new long[1], new long[1])))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("is missing");
    }
    assertThatThrownBy(
            () -> read(Pickle.ofTensor("LongStorage", "0", 7, 0, new long[1], new long[1])))
        .hasMessageContaining("asks for \"torch.LongStorage\"");
  }

  @Test
  void refusesStoragesWithHalfAnElement() {
    TorchArchive archive = new TorchArchive().pickle(tensor().stop());
    assertThatThrownBy(() -> readX(archive.storage("0", Arrays.copyOf(data(), 30)).stored()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(PREFIX + "the data of tensor \"x\" have 30 bytes, not those of F32[7]");
  }

  @Test
  void refusesWhatIsNoDictionaryOfTensors() {
    List<Pickle> pickles =
        List.of(
            new Pickle(),
            new Pickle().raw(')'),
            new Pickle().text("x"),
            new Pickle().raw('}', ')'),
            new Pickle().raw('}').text("x").text("y").raw('s'),
            new Pickle().raw('}', '(').text("x").raw('u'),
            new Pickle().raw('}', ')', ')', 's'),
            new Pickle().raw('}', 'u'),
            new Pickle().raw('}', 'h', 3),
            new Pickle().raw('}', '(', 'q', 0),
            new Pickle().raw('(', '.'),
            new Pickle().global("collections", "OrderedDict").raw('R'),
            new Pickle().global("collections", "OrderedDict").text("x").raw(0x85, 'R'),
            new Pickle().global("torch", "FloatStorage").raw(')', 'R'),
            new Pickle().raw(')', 'Q'),
            new Pickle().raw(')', ')', 'b'),
            new Pickle().raw('X', 0xff, 0xff, 0xff, 0xff),
            new Pickle().raw('X', 1, 0, 0, 0, 0xff),
            new Pickle().raw(0x8a, 255),
            new Pickle().raw('i'),
            new Pickle().raw('c').repeat(1000, 'x'),
            // A dictionary that contains itself.
            new Pickle().raw('}', 'q', 0).text("x").raw('h', 0, 's'));
    for (Pickle pickle : pickles) {
      assertThatThrownBy(() -> read(pickle))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageStartingWith(PREFIX + "its pickle is not that of a state dict: ")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void depthIsBounded() {
    for (Pickle pickle :
        List.of(
            new Pickle().repeat(1_000_000, '('),
            new Pickle().repeat(1_000_000, '}'),
            new Pickle().raw(')').repeat(1_000_000, 0x85),
            new Pickle().raw(')').repeat(500_000, 'q', 0, 'h', 0),
            new Pickle().raw('}').repeat(100_000, 'q', 0, 'X', 0, 0, 0, 0, 'h', 0, 's'))) {
      assertThatThrownBy(() -> read(pickle))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageStartingWith(PREFIX);
    }
    assertThatThrownBy(() -> read(new Pickle().repeat(20_000, ')')))
        .hasMessageContaining("its stack exceeds 10000 values");
    Pickle memo = new Pickle().raw(')');
    for (int i = 0; i < 150_000; i++) {
      memo.raw('r', i & 0xff, i >> 8 & 0xff, i >> 16, 0);
    }
    assertThatThrownBy(() -> read(memo)).hasMessageContaining("its memo exceeds 100000 values");
    assertThatThrownBy(() -> read(new Pickle().repeat(1 << 20, ')')))
        .hasMessageContaining("that of a head has at most 1048576");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 5, 255})
  void refusesOtherProtocols(int protocol) {
    byte[] pickle = {(byte) 0x80, (byte) protocol, '}', '.'};
    assertThatThrownBy(() -> open(new TorchArchive().pickle(pickle).stored()))
        .hasMessageContaining("it does not begin as protocol 2 does");
  }

  @Test
  void refusesCompressedEntries() {
    assertThatThrownBy(() -> open(archive(new Pickle().raw('}')).compressed()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessage(
            PREFIX
                + "entry \"root/data.pkl\" is compressed or encrypted,"
                + " which torch.save never does");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../data/0",
        "/data/0",
        "data.pkl",
        "root/../0",
        "root//0",
        "root/a\\b",
        "root/",
        "other/0",
        "root/a\nb"
      })
  void refusesInsaneEntryNames(String name) {
    byte[] bytes = archive(new Pickle().raw('}')).entry(name, new byte[1]).stored();
    assertThatThrownBy(() -> open(bytes))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(PREFIX)
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesEntriesThatOccurTwice() {
    byte[] bytes = archive(new Pickle().raw('}')).entry("root/data/1", new byte[1]).stored();
    byte[] name = "root/data/1".getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at < bytes.length - name.length; at++) {
      if (Arrays.equals(name, Arrays.copyOfRange(bytes, at, at + name.length))) {
        bytes[at + name.length - 1] = '0';
      }
    }
    assertThatThrownBy(() -> open(bytes)).hasMessageContaining("\"root/data/0\" occurs twice");
  }

  @ParameterizedTest
  @CsvSource({"20, false", "24, false", "20, true"})
  void refusesSizesTheFileDoesNotHave(int field, boolean both) {
    byte[] bytes = archive(new Pickle().raw('}')).stored();
    ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int directory = zip.getInt(bytes.length - 22 + 16);
    for (int claim : new int[] {-1, Integer.MAX_VALUE, 1 << 20}) {
      zip.putInt(directory + field, claim);
      if (both) {
        zip.putInt(directory + 24, claim);
      }
      assertThatThrownBy(() -> open(bytes))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("more than the file has there");
    }
  }

  @Test
  void refusesWhatIsNoArchive() {
    byte[] whole = archive(new Pickle().raw('}')).stored();
    for (byte[] bytes :
        List.of(new byte[0], new byte[22], new byte[100_000], Arrays.copyOf(whole, 100))) {
      assertThatThrownBy(() -> open(bytes))
          .isInstanceOf(ModelFormatException.class)
          .hasMessage(PREFIX + "it is no zip archive as torch.save writes them, or was cut off");
    }
    assertThatThrownBy(() -> open(new TorchArchive().entry("root/x", new byte[1]).stored()))
        .hasMessage(PREFIX + "entry \"data.pkl\" is missing");
  }

  @Test
  void refusesDamagedDataAndBigEndianData() {
    byte[] bytes = archive(tensor()).stored();
    byte[] data = data();
    for (int at = 0; at < bytes.length - data.length; at++) {
      if (Arrays.equals(data, Arrays.copyOfRange(bytes, at, at + data.length))) {
        bytes[at + 5] ^= 1;
      }
    }
    assertThatThrownBy(() -> readX(bytes)).hasMessageContaining("entry \"data/0\" is damaged");
    byte[] big = "big".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> open(archive(tensor()).entry("root/byteorder", big).stored()))
        .hasMessageContaining("its byte order is not \"little\"");
  }

  @Property(tries = 3000)
  void aDamagedArchiveGivesAClearErrorOrTensors(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1 << 20) Integer> flips,
      @ForAll @IntRange(max = 1 << 20) int cut) {
    byte[] bytes = archive(tensor()).stored();
    flip(bytes, flips);
    staysCalm(Arrays.copyOf(bytes, cut % 2 == 0 ? bytes.length : cut % (bytes.length + 1)));
  }

  @Property(tries = 3000)
  void aDamagedPickleGivesAClearErrorOrTensors(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 1 << 20) Integer> flips) {
    byte[] pickle = tensor().stop();
    flip(pickle, flips);
    staysCalm(new TorchArchive().pickle(pickle).storage("0", data()).stored());
  }

  @Property(tries = 3000)
  void anyOpcodesGiveAClearErrorOrTensors(
      @ForAll @Size(max = 60) List<@IntRange(max = 255) Integer> choices) {
    int[] opcodes = {'(', ')', 't', '}', 's', 'u', 'Q', 'R', 'b', 0x85, 0x86, 0x87, 0x88, '.'};
    Pickle pickle = new Pickle();
    for (int choice : choices) {
      switch (choice % 4) {
        case 0, 1 -> pickle.raw(opcodes[choice / 4 % opcodes.length]);
        case 2 -> pickle.raw(choice % 8 < 4 ? 'q' : 'h', choice / 64);
        default -> pickle.text("x");
      }
    }
    staysCalm(archive(pickle).stored());
  }

  private static void flip(byte[] bytes, List<Integer> flips) {
    for (int flip : flips) {
      int bit = flip % (bytes.length * Byte.SIZE);
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
  }

  private static void staysCalm(byte[] archive) {
    assertThatCode(
            () -> {
              try (StateDict tensors = open(archive)) {
                for (String name : tensors.names()) {
                  long elements = Arrays.stream(tensors.shape(name)).reduce(1, (a, b) -> a * b);
                  assertThat((long) tensors.values(name).length).isEqualTo(elements);
                }
              }
            })
        .satisfies(
            thrown -> {
              if (thrown != null) {
                assertThat(thrown).isInstanceOf(ModelFormatException.class);
                assertThat(thrown).hasMessageStartingWith(PREFIX).hasMessageNotContaining("\n");
              }
            });
  }

  private static Pickle tensor() {
    return Pickle.ofTensor("FloatStorage", "0", 7, 1, TWO_BY_THREE, new long[] {3, 1});
  }

  private static TorchArchive archive(Pickle pickle) {
    return new TorchArchive().pickle(pickle.stop()).storage("0", data());
  }

  private static byte[] data() {
    return TorchArchive.floats(0, 1, 2, 3, 4, 5, 6);
  }

  private static float[] read(Pickle pickle) throws IOException {
    return readX(archive(pickle).stored());
  }

  private static float[] readX(byte[] archive) throws IOException {
    try (StateDict tensors = open(archive)) {
      return tensors.values("x");
    }
  }

  private static StateDict open(byte[] archive) throws IOException {
    return StateDict.open(new InMemoryDirectory(Map.of("parameters", archive)), "parameters");
  }
}
