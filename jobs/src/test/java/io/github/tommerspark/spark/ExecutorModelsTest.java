package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ExecutorModelsTest {

  private static final ModelSpec MODEL = ModelSpec.bundled("nano-llama");
  private static final EngineOptions OPTIONS =
      EngineOptions.defaults().withDtype(ComputeType.FP32).withBatchTokens(777);
  private static final List<String> TEXTS =
      List.of("Marie Curie was born in Warsaw and worked at the University of Paris.");

  @BeforeEach
  void closeThoseOfOtherTests() {
    ExecutorModels.closeUnused(0);
  }

  @Test
  void aSweepOfThresholdsAndDecodersLoadsOneModel() throws IOException {
    long before = ExecutorModels.count();
    MentionDetector first = null;
    for (int i = 0; i < 300; i++) {
      ModelSpec spec = MODEL.withDecoder(Decoder.values()[i % 2], i / 301.0);
      MentionDetector detector = ExecutorModels.get(List.of(spec), OPTIONS).detector();
      first = first == null ? detector : first;
      assertThat(detector.models().get(0).threshold().value()).isEqualTo(i / 301.0);
      if (i % 60 == 0) {
        try (MentionDetector alone = MentionDetector.load(List.of(spec), OPTIONS)) {
          List<Mention> expected = alone.detect(TEXTS).get(0);
          assertThat(detector.detect(TEXTS).get(0)).as(spec.toString()).isEqualTo(expected);
        }
      }
    }
    assertThat(ExecutorModels.count()).isEqualTo(before + 1);
    assertThat(first.loadReports()).hasSize(1);
  }

  @Test
  @Tag("soak")
  void aSweepOfAThousandThresholdsTakesNoMoreMemory() throws IOException {
    long early = 0;
    for (int i = 0; i < 1000; i++) {
      ModelSpec spec = MODEL.withDecoder(Decoder.THRESHOLD, i / 1001.0);
      ExecutorModels.get(List.of(spec), OPTIONS).detector().detect(TEXTS);
      if (i == 10) {
        early = residentKilobytes();
      }
    }
    long late = residentKilobytes();
    System.out.println("resident: " + early + " kB after ten, " + late + " kB after a thousand");
    assertThat(late).isLessThan(early * 101 / 100);
  }

  /**
   * Or as many minutes as {@code soak.minutes} says. What is to grow by no other reason is settled
   * from outside: the heap by JAVA_TOOL_OPTIONS="-Xms2g -XX:+AlwaysPreTouch", and what oneDNN keeps
   * of products that it has compiled, up to 1,024 of them, by ONEDNN_PRIMITIVE_CACHE_CAPACITY=16.
   */
  @Test
  @Tag("soak")
  void anHourOfAnnotatingTakesNoMoreMemory() throws IOException {
    assumeTrue(
        System.getenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY") != null,
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY is not set");
    long minutes = Long.getLong("soak.minutes", 60);
    Random random = new Random(20);
    long begin = System.nanoTime();
    long texts = 0;
    long early = 0;
    double done = 0;
    while (done < 1) {
      List<String> batch = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        // Half of the texts are short, and one in sixteen has thousands of tokens.
        int words = 1 << random.nextInt(i == 0 ? 14 : 9);
        StringBuilder text = new StringBuilder();
        for (int w = 0; w < words; w++) {
          text.append(random.nextInt(8) == 0 ? "Warsaw " : "in ").append(random.nextInt(2000));
          text.append(' ');
        }
        batch.add(text.toString());
      }
      texts += batch.size();
      ExecutorModels.get(List.of(MODEL), OPTIONS).detector().detect(batch);
      done = (System.nanoTime() - begin) / 6e10 / minutes;
      if (early == 0 && done > 0.1) {
        early = residentKilobytes();
      }
    }
    long late = residentKilobytes();
    System.out.printf(
        Locale.ROOT,
        "%d texts; resident: %d kB after a tenth of %d minutes, %d kB after all%n",
        texts,
        early,
        minutes,
        late);
    assertThat(late).isLessThan(early * 101 / 100);
  }

  private static long residentKilobytes() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatNobodyUsesIsClosedAndItsWorkStillCounts() throws IOException {
    ExecutorModels.get(List.of(MODEL), OPTIONS).detector().detect(TEXTS);
    long tokens = ExecutorModels.work().documentTokens();
    assertThat(tokens).isPositive();
    assertThat(ExecutorModels.count()).isPositive();
    // Not idle for an hour.
    ExecutorModels.closeUnused(3_600_000_000_000L);
    assertThat(ExecutorModels.count()).isPositive();
    ExecutorModels.closeUnused(0);
    assertThat(ExecutorModels.count()).isZero();
    assertThat(ExecutorModels.work().documentTokens()).isEqualTo(tokens);
    assertThat(ExecutorModels.get(List.of(MODEL), OPTIONS).detector().detect(TEXTS)).isNotEmpty();
  }
}
