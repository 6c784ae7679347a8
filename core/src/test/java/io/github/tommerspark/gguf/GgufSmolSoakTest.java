package io.github.tommerspark.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.CountingDirectory;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A real file against what transformers makes of it, written by {@code gguf_reference.py} and named
 * by the system properties {@code tommer.gguf} and {@code tommer.gguf.reference}.
 */
@Tag("soak")
class GgufSmolSoakTest {

  /** Of the length of a state. PyTorch's own fp32 is up to 2.6e-5 away from its fp64. */
  private static final double TOLERANCE = 1e-4;

  /** The same for the first blocks, where little has added up. */
  private static final double FIRST_TOLERANCE = 5e-6;

  private static final int PART = 1_000_003;

  private static Path file;
  private static Path reference;

  @BeforeAll
  static void files() {
    assumeTrue(
        System.getProperty("tommer.gguf") != null
            && System.getProperty("tommer.gguf.reference") != null,
        "no -Dtommer.gguf and -Dtommer.gguf.reference");
    file = Path.of(System.getProperty("tommer.gguf"));
    reference = Path.of(System.getProperty("tommer.gguf.reference")).toAbsolutePath();
  }

  private static Checkpoint golden() throws IOException {
    return Checkpoint.open(
        new LocalDirectory(reference.getParent()), reference.getFileName().toString());
  }

  @Test
  void tokensAreThoseOfTransformers() throws IOException {
    GgufSnapshot snapshot = GgufSnapshot.of(file);
    try (Checkpoint golden = golden();
        TextTokenizer tokenizer =
            TextTokenizer.load(
                snapshot.name(),
                new ByteArrayInputStream(snapshot.readAll("tokenizer.json", 256 << 20)),
                BosPolicy.TOKENIZER,
                OptionalInt.empty())) {
      assertThat(tokenizer.prefixIds()).isEmpty();
      int texts = 0;
      for (; golden.find(texts + ".text").isPresent(); texts++) {
        TensorInfo bytes = golden.tensor(texts + ".text");
        byte[] text = new byte[(int) bytes.byteSize()];
        golden.raw(bytes).get(text);
        TokenizedText tokens = tokenizer.encode(new String(text, StandardCharsets.UTF_8));
        assertThat(LongStream.range(0, tokens.size()).map(i -> tokens.id((int) i)).toArray())
            .as(new String(text, StandardCharsets.UTF_8))
            .isEqualTo(ids(golden, texts));
      }
      assertThat(texts).isPositive();
    }
  }

  @Test
  void hiddenStatesAreThoseOfTransformersAndOnlyNeededBlocksAreRead() throws IOException {
    CountingDirectory counting =
        new CountingDirectory(new LocalDirectory(file.toAbsolutePath().getParent()), true);
    ModelDirectory snapshot = new GgufSnapshot(counting, file.getFileName().toString());
    try (Checkpoint golden = golden();
        Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      for (int layer : new int[] {11, BackbonePlan.of(snapshot, checkpoint, 0).layers() - 1}) {
        long before = counting.bytes();
        BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, layer);
        assertThat(plan.warnings()).isEmpty();
        try (Backbone backbone =
            Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
          assertThat(counting.bytes() - before).isLessThan(plan.bytes() / 2);
          compare(golden, backbone, layer);
        }
      }
    }
  }

  @Test
  void weightsAreThoseOfTransformersToTheBit() throws IOException {
    try (Checkpoint golden = golden();
        Checkpoint checkpoint = Checkpoint.open(GgufSnapshot.of(file))) {
      assertThat(checkpoint.names()).isNotEmpty();
      for (String name : checkpoint.names()) {
        TensorInfo tensor = checkpoint.tensor(name);
        CRC32 crc = new CRC32();
        for (long at = 0; at < tensor.byteSize(); at += PART) {
          // Parts that begin and end inside blocks.
          crc.update(checkpoint.raw(tensor, at, (int) Math.min(PART, tensor.byteSize() - at)));
        }
        assertThat(crc.getValue())
            .as(name)
            .isEqualTo(golden.raw(golden.tensor("crc." + name)).getLong());
      }
    }
  }

  private static void compare(Checkpoint golden, Backbone backbone, int layer) throws IOException {
    int compared = 0;
    for (int text = 0; golden.find(text + ".ids").isPresent(); text++) {
      for (int tap : new int[] {0, 1, 11, layer}) {
        if (golden.find(text + ".hidden." + tap).isEmpty()) {
          continue;
        }
        List<Long> ids = new ArrayList<>();
        ids.add((long) backbone.plan().bosTokenId().orElseThrow());
        LongStream.of(ids(golden, text)).forEach(ids::add);
        float[] expected = golden.floats(golden.tensor(text + ".hidden." + tap));
        float[] states =
            backbone
                .hiddenStates(
                    ids.stream().mapToLong(Long::longValue).toArray(),
                    new long[] {1, ids.size()},
                    tap)
                .get(0);
        assertThat(states).hasSameSizeAs(expected);
        int width = backbone.plan().hiddenSize();
        double worst = 0;
        for (int token = 0; token < ids.size(); token++) {
          double difference = 0;
          double size = 0;
          for (int i = token * width; i < (token + 1) * width; i++) {
            difference += Math.pow((double) states[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
          }
          worst = Math.max(worst, Math.sqrt(difference / size));
        }
        assertThat(worst)
            .as("text %d, block %d", text, tap)
            .isLessThanOrEqualTo(tap < 2 ? FIRST_TOLERANCE : TOLERANCE);
        compared++;
      }
    }
    assertThat(compared).isPositive();
  }

  private static long[] ids(Checkpoint golden, int text) throws IOException {
    LongBuffer ids = golden.raw(golden.tensor(text + ".ids")).asLongBuffer();
    long[] values = new long[ids.remaining()];
    ids.get(values);
    return values;
  }
}
