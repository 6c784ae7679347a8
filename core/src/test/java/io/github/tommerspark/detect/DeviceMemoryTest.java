package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.tommerspark.engine.DeviceHealth;
import io.github.tommerspark.engine.DeviceMemoryException;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.engine.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Devices on which forward calls fail for lack of memory. */
class DeviceMemoryTest {

  private static final List<ModelSpec> MODELS = List.of(ModelSpec.bundled("nano-llama"));

  /** 8 to about 250 tokens each. */
  private static final List<String> TEXTS =
      IntStream.range(0, 24)
          .mapToObj(i -> "In %d Marie Curie left Warsaw for Paris. ".formatted(1880 + i).repeat(i))
          .map(text -> text + "Then she met Pierre.")
          .toList();

  @Test
  void theBudgetShrinksIsRememberedAndNothingElseChanges() throws IOException {
    try (MentionDetector roomy = detector(0);
        MentionDetector tight = detector(300)) {
      List<List<Mention>> expected = roomy.detect(TEXTS);
      assertThat(expected).doesNotContain(List.of());
      assertThat(roomy.batchTokens()).isEqualTo(EngineOptions.DEFAULT_BATCH_TOKENS);

      assertSame(tight.detect(TEXTS), expected);
      int learned = tight.batchTokens();
      // Half of the last call that failed, and none fails after it.
      assertThat(learned).isBetween(150, 300);
      assertSame(tight.detect(TEXTS), expected);
      assertThat(tight.batchTokens()).isEqualTo(learned);
    }
  }

  @Test
  void threadsThatFailTogetherLoseNothing() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try (MentionDetector roomy = detector(0);
        MentionDetector tight = detector(300)) {
      List<List<Mention>> expected = roomy.detect(TEXTS);
      List<Future<List<List<Mention>>>> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        calls.add(pool.submit(() -> tight.detect(TEXTS)));
      }
      for (Future<List<List<Mention>>> call : calls) {
        assertSame(call.get(), expected);
      }
      assertThat(tight.batchTokens()).isBetween(150, 300);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aWindowThatDoesNotFitAloneIsNoFaultOfItsText() throws IOException {
    try (MentionDetector tiny = detector(40)) {
      assertThatThrownBy(() -> tiny.annotate(TEXTS))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessageMatching(
              "Out of memory with a single window of \\d+ tokens: use a smaller ‹maxTokens›, or a device with more free memory .*");
      // Nothing is lost for good.
      assertThat(tiny.detect(TEXTS.subList(0, 1)).get(0)).isNotEmpty();
    }
  }

  @Test
  void theBudgetOnlyShrinks() {
    DeviceMemory memory = new DeviceMemory(4096, 0);
    memory.exhausted(4000);
    assertThat(memory.budget()).isEqualTo(2000);
    // Under way when the first one failed.
    memory.exhausted(4096);
    assertThat(memory.budget()).isEqualTo(2000);
    memory.exhausted(2000);
    assertThat(memory.budget()).isEqualTo(1000);
    memory.exhausted(1);
    assertThat(memory.budget()).isEqualTo(1);
  }

  @Test
  void aRealAllocationThatIsTooLargeIsRecognised() {
    // A petabyte: malloc refuses it at once.
    Torch.library();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      assertThatThrownBy(() -> manager.zeros(new Shape(1L << 24, 1L << 24)))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(DeviceHealth.isMemoryExhausted(e)).isTrue());
    }
  }

  private static MentionDetector detector(int memoryTokens) throws IOException {
    return MentionDetector.load(MODELS, EngineOptions.defaults().withMemoryTokens(memoryTokens));
  }

  private static void assertSame(List<List<Mention>> found, List<List<Mention>> expected) {
    // Scores may differ in the last digits with the composition of batches.
    assertThat(spans(found)).isEqualTo(spans(expected));
  }

  private static List<List<String>> spans(List<List<Mention>> mentions) {
    return mentions.stream()
        .map(
            ofText ->
                ofText.stream()
                    .filter(mention -> mention.score() > 0.501)
                    .map(mention -> mention.start() + " " + mention.end() + " " + mention.text())
                    .toList())
        .toList();
  }
}
