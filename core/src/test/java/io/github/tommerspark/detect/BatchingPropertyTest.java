package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A text's mentions do not depend on its company: batches, order, threads. */
class BatchingPropertyTest {
  // Scores of a text scored in other company may differ by rounding.
  private static final float ROUNDING = 1e-5f;

  private static Map<Integer, MentionDetector> detectors;
  private static List<String> texts;
  private static List<List<Mention>> alone;

  @BeforeContainer
  static void load() throws IOException {
    texts = new ArrayList<>();
    Random random = new Random(11);
    List<String> words =
        List.of(
            "Ada",
            "Lovelace",
            "wrote",
            "to",
            "Charles",
            "Babbage",
            "in",
            "London",
            "about",
            "the",
            "engine",
            "日本",
            "Zürich",
            "😀",
            "École",
            "of",
            "Paris",
            ",",
            ".",
            "1843");
    for (int i = 0; i < 40; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(50); n >= 0; n--) {
        text.append(words.get(random.nextInt(words.size()))).append(n == 0 ? "" : " ");
      }
      texts.add(text.toString());
    }
    detectors = new HashMap<>();
    for (int batchTokens : new int[] {1, 37, 500, 100_000}) {
      detectors.put(batchTokens, detector(batchTokens));
    }
    alone = new ArrayList<>();
    for (String text : texts) {
      alone.add(detectors.get(1).detect(List.of(text)).get(0));
    }
  }

  private static MentionDetector detector(int batchTokens) throws IOException {
    Path golden = Golden.committed();
    Path classifier = Files.createTempDirectory("classifier");
    ClassifierFiles.write(
        TestModels.classifier(64, 1, SpanRepresentation.AVERAGE, 3, false, 5), classifier);
    ModelSpec spec =
        ModelSpec.of(
                "test",
                golden.resolve("backbones/llama").toString(),
                golden.resolve("end_to_end/heads/llama/new").toString())
            .withTyping(Typing.classifier(classifier.toString()))
            .withWindows(80, 30);
    try {
      return MentionDetector.load(
          List.of(spec),
          EngineOptions.defaults()
              .withDtype(ComputeType.FP32)
              .withDevice(DeviceChoice.CPU, 0)
              .withBatchTokens(batchTokens));
    } finally {
      Files.delete(classifier.resolve(ClassifierFiles.PARAMETERS));
      Files.delete(classifier.resolve(ClassifierFiles.SETTINGS));
      Files.delete(classifier);
    }
  }

  @AfterContainer
  static void close() {
    detectors.values().forEach(MentionDetector::close);
  }

  @Property(tries = 40)
  void companyAndOrderDoNotMatter(
      @ForAll Random random, @ForAll @IntRange(min = 0, max = 3) int size) {
    List<Integer> chosen = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (random.nextInt(3) > 0) {
        chosen.add(i);
      }
    }
    Collections.shuffle(chosen, random);
    MentionDetector detector = detectors.get(new int[] {1, 37, 500, 100_000}[size]);
    List<List<Mention>> found = detector.detect(chosen.stream().map(texts::get).toList());
    for (int i = 0; i < chosen.size(); i++) {
      assertSame(found.get(i), chosen.get(i));
    }
  }

  @Example
  void threadsDoNotMatter() throws InterruptedException, ExecutionException {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<List<List<Mention>>>> futures = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        futures.add(pool.submit(() -> detectors.get(500).detect(texts)));
      }
      for (Future<List<List<Mention>>> future : futures) {
        for (int i = 0; i < texts.size(); i++) {
          assertSame(future.get().get(i), i);
        }
      }
    } finally {
      pool.shutdown();
    }
  }

  @Example
  void nullEmptyAndBlankTextsHaveNoMentionsAndNoError() {
    List<String> mixed = new ArrayList<>(List.of(texts.get(0), "", " \t\n\u00a0\u3000"));
    mixed.add(null);
    mixed.add(texts.get(1));
    List<DocumentMentions> documents = detectors.get(500).annotate(mixed);
    assertThat(documents.stream().map(DocumentMentions::hasText))
        .containsExactly(true, false, false, false, true);
    assertThat(documents)
        .allSatisfy(document -> assertThat(document.results().get(0).error()).isNull());
    assertThat(documents.subList(1, 4))
        .allSatisfy(document -> assertThat(document.results().get(0).mentions()).isEmpty());
    assertSame(documents.get(4).results().get(0).mentions(), 1);
  }

  private static void assertSame(List<Mention> found, int text) {
    // What rounding may decide is left out on both sides: scores next to the threshold.
    List<Mention> expected = alone.get(text).stream().filter(BatchingPropertyTest::isSure).toList();
    List<Mention> actual = found.stream().filter(BatchingPropertyTest::isSure).toList();
    assertThat(actual.stream().map(Mention::text))
        .containsExactlyElementsOf(expected.stream().map(Mention::text).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).start()).isEqualTo(expected.get(i).start());
      assertThat(actual.get(i).end()).isEqualTo(expected.get(i).end());
      assertThat(actual.get(i).score())
          .isBetween(expected.get(i).score() - ROUNDING, expected.get(i).score() + ROUNDING);
      assertThat(actual.get(i).label()).isEqualTo(expected.get(i).label());
      if (expected.get(i).label() != null) {
        assertThat(actual.get(i).labelScore())
            .isBetween(
                expected.get(i).labelScore() - ROUNDING, expected.get(i).labelScore() + ROUNDING);
      }
    }
  }

  private static boolean isSure(Mention mention) {
    return mention.score() > Threshold.PUBLISHED + 2 * ROUNDING;
  }
}
