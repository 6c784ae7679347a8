package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.engine.EngineOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SimulatedDeviceTest {

  private static final int MICROS = 20_000;

  @Test
  void servesOneCallAtATimeAndFindsSpansInTheTexts() throws Exception {
    List<String> texts =
        Collections.nCopies(6, "Marie Curie left Warsaw for Paris, and met Pierre. ".repeat(4));
    EngineOptions options =
        EngineOptions.defaults()
            .withBatchTokens(100)
            .withDeviceConcurrency(2)
            .withCallMicros(MICROS);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (MentionDetector detector =
        MentionDetector.load(List.of(ModelSpec.bundled("nano-llama")), options)) {
      long begin = System.nanoTime();
      List<Future<List<List<Mention>>>> calls = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        // A text of its own for each, so that none is skipped as a repetition.
        List<String> own = new ArrayList<>(texts);
        own.set(0, texts.get(0) + calls.size());
        calls.add(threads.submit(() -> detector.detect(own)));
      }
      for (Future<List<List<Mention>>> call : calls) {
        List<List<Mention>> found = call.get();
        assertThat(found).hasSize(6).doesNotContain(List.of());
        for (Mention mention : found.get(1)) {
          assertThat(texts.get(1).substring(mention.start(), mention.end()))
              .isEqualTo(mention.text());
        }
      }
      WorkReport work = detector.work();
      assertThat(work.forwards()).isGreaterThanOrEqualTo(3);
      assertThat((System.nanoTime() - begin) / 1000)
          .as("a device never does more than one call at a time")
          .isGreaterThanOrEqualTo(work.forwards() * MICROS);
    } finally {
      threads.shutdownNow();
    }
  }
}
