package io.github.tommerspark.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.testing.Samples;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that are damaged, crafted, or of kinds that are not supported. */
class GgufErrorsTest {

  @Test
  void theFileThatTheOthersAreMadeOfIsRead() throws IOException {
    readAll(GgufBytes.llama().snapshot());
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal(
            GgufBytes.llama().text("general.architecture", "mamba"),
            "\"general.architecture\" is \"mamba\"",
            "supported: llama, qwen2"),
        refusal(GgufBytes.llama().without("general.architecture"), "general.architecture"),
        refusal(GgufBytes.llama().version(1), "version 1"),
        refusal(GgufBytes.llama().version(0x03000000), "big-endian"),
        refusal(
            GgufBytes.llama().tensor("blk.0.ffn_up.weight", 10, 256, 32),
            "\"blk.0.ffn_up.weight\" has type Q2_K",
            "Q4_K"),
        refusal(GgufBytes.llama().tensor("blk.0.ffn_up.weight", 99, 32, 32), "type number 99"),
        refusal(
            GgufBytes.llama().tensor("blk.0.ffn_up.weight", 12, new byte[9999], 32, 32),
            "no whole blocks of Q4_K"),
        refusal(GgufBytes.llama().without("token_embd.weight"), "\"token_embd.weight\" is missing"),
        refusal(
            GgufBytes.llama().without("blk.0.attn_v.weight"),
            "\"model.layers.0.self_attn.v_proj.weight\" is missing"),
        refusal(
            GgufBytes.llama().tensor("blk.0.attn_sinks.weight", 0, 2),
            "\"blk.0.attn_sinks.weight\" is not one that a llama of 1 blocks has"),
        refusal(
            GgufBytes.llama().tensor("blk.1.attn_norm.weight", 0, 32),
            "\"blk.1.attn_norm.weight\""),
        refusal(GgufBytes.llama().tensor("blk.0.attn_q.weight", 0, 32, 33), "33 rows"),
        refusal(GgufBytes.llama().tensor("blk.0.ffn_norm.weight", 0, 64), "has shape [64]", "[32]"),
        refusal(GgufBytes.llama().uint("llama.expert_count", 8), "llama.expert_count\" is 8"),
        refusal(GgufBytes.llama().uint("split.count", 3), "one of 3 parts", "llama-gguf-split"),
        refusal(
            GgufBytes.llama().text("llama.rope.scaling.type", "yarn"),
            "\"llama.rope.scaling.type\" is \"yarn\""),
        refusal(
            GgufBytes.llama().uint("llama.rope.dimension_count", 4),
            "\"llama.rope.dimension_count\" is 4"),
        refusal(GgufBytes.llama().tensor("rope_freqs.weight", 0, 8), "not those of Llama 3.1"),
        refusal(GgufBytes.llama().uint("llama.embedding_length", 0), "embedding_length\" is 0"),
        refusal(GgufBytes.llama().without("llama.block_count"), "\"llama.block_count\" is missing"),
        refusal(GgufBytes.llama().texts("llama.attention.head_count", "2"), "is an array"),
        refusal(GgufBytes.llama().uint("general.alignment", 24), "general.alignment", "24"),
        refusal(GgufBytes.llama().entry("general.x", 13, (byte) 0), "unknown type 13"),
        refusal(GgufBytes.llama().entry("general.x", 9, array(9, 1)), "an array of arrays"),
        refusal(
            GgufBytes.llama().entry("general.x", 9, array(4, 1L << 40)),
            "claims 1099511627776 elements"),
        refusal(GgufBytes.llama().entry("general.x", 8, array(-1, -1)), "a string of"),
        refusal(
            GgufBytes.llama().entry("general.x", 8, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, -1}),
            "\"general.x\" is not valid UTF-8"),
        refusal(GgufBytes.llama().entry("general.x", 7, (byte) 2), "must be a bool"),
        // Tokenizers.
        refusal(
            GgufBytes.llama().text("tokenizer.ggml.model", "t5"),
            "\"tokenizer.ggml.model\" is \"t5\"",
            "gpt2, llama"),
        refusal(
            GgufBytes.llama().text("tokenizer.ggml.pre", "deepseek-coder"),
            "\"tokenizer.ggml.pre\" is \"deepseek-coder\"",
            "smollm"),
        refusal(GgufBytes.llama().without("tokenizer.ggml.pre"), "convert the model again"),
        refusal(GgufBytes.llama().without("tokenizer.ggml.merges"), "tokenizer.ggml.merges"),
        refusal(
            GgufBytes.llama().texts("tokenizer.ggml.merges", "a b", "x yz"),
            "merge \"x yz\" is not of two tokens"),
        refusal(GgufBytes.llama().texts("tokenizer.ggml.merges", "ab"), "merge \"ab\""),
        refusal(
            GgufBytes.llama().ints("tokenizer.ggml.token_type", 1, 1),
            "\"tokenizer.ggml.token_type\" has 2 elements, but there are 260 tokens"),
        refusal(
            GgufBytes.llama()
                .texts("tokenizer.ggml.tokens", "a", "b", "a")
                .ints("tokenizer.ggml.token_type", 1, 1, 1),
            "tokens 0 and 2 are both \"a\""),
        refusal(
            GgufBytes.llama().tensor("token_embd.weight", 0, 32, 100),
            "260 tokens, but its embedding only 100 rows"),
        refusal(
            GgufBytes.llama()
                .flag("tokenizer.ggml.add_bos_token", true)
                .uint("tokenizer.ggml.bos_token_id", 260),
            "\"tokenizer.ggml.bos_token_id\" is 260"),
        refusal(GgufBytes.llama().text("tokenizer.ggml.model", "llama"), "0 of the 256 bytes"));
  }

  private static Arguments refusal(GgufBytes file, String... words) {
    return Arguments.of(words[0], file.bytes(), List.of(words));
  }

  private static byte[] array(int type, long length) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(type)
        .putLong(length)
        .array();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void whatIsNotSupportedIsRefusedByName(String name, byte[] file, List<String> words) {
    assertThatThrownBy(() -> readAll(GgufBytes.snapshot(file)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(words.toArray(String[]::new))
        .hasMessageContaining("memory/model.gguf")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  static List<String> preTokenizers() {
    return GgufPreTokenizer.names();
  }

  @ParameterizedTest
  @MethodSource("preTokenizers")
  void everyPreTokenizerSplitsAnyText(String name) throws IOException {
    GgufSnapshot snapshot = GgufBytes.llama().text("tokenizer.ggml.pre", name).snapshot();
    try (TextTokenizer tokenizer = GgufGoldenTest.tokenizer(snapshot)) {
      String text = "abc It's 12345 ABC\u00e9 \n\n x=1; ??? " + "a".repeat(50) + "\t \u6771";
      TokenizedText tokens = tokenizer.encode(text);
      assertThat(tokens.start(0)).isZero();
      assertThat(tokens.id(0)).isEqualTo(258);
      assertThat(tokens.end(tokens.size() - 1)).isEqualTo(text.length());
    }
  }

  @Test
  void keysThatAreNotKnownAreReported() throws IOException {
    GgufSnapshot snapshot = GgufBytes.llama().uint("llama.attention.novelty", 7).snapshot();
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      assertThat(BackbonePlan.of(snapshot, checkpoint, 0).warnings())
          .singleElement()
          .asString()
          .contains("llama.attention.novelty");
    }
  }

  @Test
  void everyCutIsNoticed() throws IOException {
    byte[] whole = GgufBytes.llama().bytes();
    // Behind the last tensor there may be padding.
    for (int length = 0; length < whole.length - 32; length += 1 + length / 40) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> readAll(GgufBytes.snapshot(cut)))
          .as("%d bytes", length)
          .isInstanceOf(ModelFormatException.class);
    }
  }

  @Test
  void damagedFilesAreRefusedOrReadWithoutHarm() throws IOException {
    byte[] whole = GgufBytes.llama().bytes();
    assertThat(damage(whole, whole.length, 1000)).isGreaterThan(100);
  }

  /** Real and mixed files, far more of them. */
  @Test
  @Tag("soak")
  void damagedRealFilesAreRefusedOrReadWithoutHarm() throws IOException {
    for (String name : List.of("llama", "llama-spm", "gemma2", "gptneox", "gpt2", "phi2")) {
      byte[] whole = Files.readAllBytes(Samples.path("gguf/" + name + ".gguf"));
      assertThat(damage(whole, whole.length, 3000)).isPositive();
    }
    String real = System.getProperty("tommer.gguf");
    if (real != null) {
      Path file = Path.of(real).toAbsolutePath();
      byte[] head = new byte[3 << 20];
      try (var in = Files.newInputStream(file)) {
        assertThat(in.readNBytes(head, 0, head.length)).isEqualTo(head.length);
      }
      assertThat(damage(head, head.length, 1000)).isPositive();
    }
  }

  /**
   * Changes bytes of a file at random, mostly of its metadata, and reads what comes of it.
   *
   * @return how many were refused
   */
  private static int damage(byte[] whole, int length, int times) {
    Random random = new Random(42);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int refused = 0;
    for (int i = 0; i < times; i++) {
      byte[] bytes = Arrays.copyOf(whole, length);
      int changes = 1 + random.nextInt(3);
      for (int change = 0; change < changes; change++) {
        int at = random.nextInt(random.nextInt(4) == 0 ? length : Math.min(length, 12_000));
        switch (random.nextInt(4)) {
          case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
          case 1 -> bytes[at] = (byte) random.nextInt();
          case 2 -> Arrays.fill(bytes, at, Math.min(length, at + 8), (byte) random.nextInt(-1, 1));
          default -> bytes = Arrays.copyOf(bytes, Math.max(at, 1));
        }
        if (bytes.length < length) {
          break;
        }
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      try {
        readAll(GgufBytes.snapshot(bytes));
      } catch (IOException e) {
        refused++;
        assertThat(e.getMessage()).startsWith("Cannot ").contains("memory/model.gguf");
        assertThat(e.getMessage().lines()).hasSize(1);
      } catch (RuntimeException | Error e) {
        fail("damage %d (seed 42) is not refused but ends in %s".formatted(i, e), e);
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before)
          .as("bytes allocated for damage %d", i)
          .isLessThan(20_000_000L + 60L * length);
    }
    return refused;
  }

  /** All that a model reads of a file. */
  private static void readAll(GgufSnapshot snapshot) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, Math.min(snapshot.layers(), 3) - 1);
      for (TensorInfo tensor : plan.tensors()) {
        checkpoint.raw(tensor, 0, (int) Math.min(tensor.byteSize(), 1 << 16));
      }
    }
    GgufGoldenTest.tokenizer(snapshot).close();
  }

  @Test
  void aFileOfAnotherFormatSaysSo() {
    assertThatThrownBy(() -> readAll(GgufBytes.snapshot("not a model at all".getBytes())))
        .hasMessage("Cannot read memory/model.gguf: it does not begin with the letters GGUF");
    assertThatThrownBy(() -> readAll(GgufBytes.snapshot(new byte[0])))
        .hasMessage("Cannot read memory/model.gguf: it does not begin with the letters GGUF");
  }

  @Test
  void onlyThreeFilesAreInIt() throws IOException {
    GgufSnapshot snapshot = GgufBytes.llama().snapshot();
    assertThat(snapshot.exists("config.json")).isTrue();
    assertThat(snapshot.exists("tommer.json")).isFalse();
    assertThatThrownBy(() -> snapshot.open("tommer.json"))
        .hasMessageContaining("memory/model.gguf/tommer.json");
    assertThatThrownBy(() -> snapshot.open("../config.json")).isInstanceOf(IOException.class);
  }
}
