package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.text.BosPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * With backbones that see no context, cutting a text into windows must change nothing at all,
 * whatever the sizes; what context adds is the only reason why windows may ever differ.
 */
class WindowsPropertyTest {
  private static final int WHOLE = 100_000;
  private static final EngineOptions ENGINE =
      EngineOptions.defaults()
          .withDtype(ComputeType.FP32)
          .withDevice(DeviceChoice.CPU, 0)
          .withTrustBackbone(true);

  private static Path directory;
  private static Path llama;
  private static Path script;

  @BeforeContainer
  static void makeModels() throws IOException {
    directory = Files.createTempDirectory("windows");
    llama = TestModels.contextFreeLlama(directory.resolve("llama"));
    script = TestModels.contextFreeScript(directory.resolve("script"));
    for (SpanRepresentation representation : SpanRepresentation.values()) {
      ClassifierFiles.write(
          representation == SpanRepresentation.FULL
              ? TestModels.labelModel(TestModels.WIDTH, 0, 9)
              : TestModels.classifier(TestModels.WIDTH, 0, representation, 2, false, 9),
          directory.resolve(representation.label()));
    }
  }

  @AfterContainer
  static void deleteModels() throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 25)
  void causalModels(
      @ForAll @IntRange(min = 1, max = 12) int slidingWindow,
      @ForAll @IntRange(min = 0, max = 20) int moreOverlap,
      @ForAll @IntRange(min = 0, max = 60) int moreContent,
      @ForAll @LongRange(min = 0, max = 1000) long seed)
      throws IOException {
    Path head = TestModels.head(directory.resolve("head"), slidingWindow, true, seed);
    int overlap = slidingWindow + 2 + moreOverlap;
    assertWindowsChangeNothing(llama.toString(), head, overlap, 2 * overlap + moreContent, seed);
  }

  @Property(tries = 25)
  void causalBackboneWithHeadThatLooksAhead(
      @ForAll @IntRange(min = 1, max = 12) int slidingWindow,
      @ForAll @IntRange(min = 0, max = 20) int moreOverlap,
      @ForAll @IntRange(min = 0, max = 60) int moreContent,
      @ForAll @LongRange(min = 0, max = 1000) long seed)
      throws IOException {
    Path head = TestModels.head(directory.resolve("head"), slidingWindow, false, seed);
    int overlap = 2 * (slidingWindow + 2) + moreOverlap;
    assertWindowsChangeNothing(llama.toString(), head, overlap, 2 * overlap + moreContent, seed);
  }

  @Property(tries = 25)
  void bidirectionalBackbone(
      @ForAll @IntRange(min = 1, max = 12) int slidingWindow,
      @ForAll @IntRange(min = 0, max = 20) int moreOverlap,
      @ForAll @IntRange(min = 0, max = 60) int moreContent,
      @ForAll @LongRange(min = 0, max = 1000) long seed)
      throws IOException {
    Path head = TestModels.head(directory.resolve("head"), slidingWindow, true, seed);
    int overlap = 2 * (slidingWindow + 2) + moreOverlap;
    assertWindowsChangeNothing(script.toString(), head, overlap, 2 * overlap + moreContent, seed);
  }

  @Property(tries = 25)
  void boundaryHeads(
      @ForAll @IntRange(min = 1, max = 12) int slidingWindow,
      @ForAll @IntRange(min = 0, max = 20) int moreOverlap,
      @ForAll @IntRange(min = 0, max = 60) int moreContent,
      @ForAll @LongRange(min = 0, max = 1000) long seed)
      throws IOException {
    Path head = TestModels.boundaryHead(directory.resolve("boundary"), slidingWindow, seed);
    int overlap = 2 * (slidingWindow + 2) + moreOverlap;
    assertWindowsChangeNothing(llama.toString(), head, overlap, 2 * overlap + moreContent, seed);
  }

  @Example
  void mentionsOfAHeadThatRespectsWordsCutNone() throws IOException {
    Path head = TestModels.boundaryHead(directory.resolve("boundary"), 6, 4);
    String text = text(new Random(5), 80);
    List<Mention> kept = detect(llama.toString(), head, WHOLE, 64, text, 0);
    assertThat(kept).hasSizeGreaterThan(20);
    for (Mention mention : kept) {
      assertThat(WordBoundaries.isBoundary(text, mention.start())).isTrue();
      assertThat(WordBoundaries.isBoundary(text, mention.end())).isTrue();
    }
    try (MentionDetector any =
        MentionDetector.builder()
            .backbone(llama.toString())
            .head(head.toString())
            .threshold(0)
            .wordBoundaries(false)
            .build()) {
      assertThat(any.detect(List.of(text)).get(0))
          .anyMatch(
              mention ->
                  !WordBoundaries.isBoundary(text, mention.start())
                      || !WordBoundaries.isBoundary(text, mention.end()));
    }
  }

  @Example
  void longMentionsOfAHeadWithoutWindowAreFoundUpToTheOverlap() throws IOException {
    Path head = TestModels.head(directory.resolve("head"), 0, true, 3);
    int overlap = 12;
    String text = text(new Random(5), 60);
    List<Mention> whole = detect(llama.toString(), head, WHOLE, 64, text, 0.5);
    List<Mention> cut = detect(llama.toString(), head, 41, overlap, text, 0.5);
    // Pools reach over later starts only, so short mentions keep their scores.
    assertThat(cut).isNotEmpty();
    assertThat(spans(whole)).containsAll(spans(cut));
  }

  private static void assertWindowsChangeNothing(
      String backbone, Path head, int overlap, int content, long seed) throws IOException {
    Random random = new Random(seed);
    int words = 20 + random.nextInt(120);
    // Of one word again and again, many windows are equal, and one is scored for all of them.
    String text = seed % 3 == 0 ? text(random, 1).repeat(words) : text(random, words);
    double threshold = threshold(detect(backbone, head, WHOLE, 64, text, 0));
    List<Mention> whole = detect(backbone, head, WHOLE, 64, text, threshold);
    // One special token: the beginning of the sequence.
    List<Mention> cut = detect(backbone, head, content + 1, overlap, text, threshold);
    assertThat(spans(cut)).isEqualTo(spans(whole));
    for (int i = 0; i < whole.size(); i++) {
      assertThat(cut.get(i).label()).isEqualTo(whole.get(i).label());
      if (whole.get(i).label() != null) {
        assertThat(cut.get(i).labelScore())
            .isBetween(whole.get(i).labelScore() - 1e-5f, whole.get(i).labelScore() + 1e-5f);
      }
      assertThat(cut.get(i).score())
          .isBetween(whole.get(i).score() - 1e-5f, whole.get(i).score() + 1e-5f);
    }
  }

  /**
   * A threshold with no score near it: the middle of the widest gap from 0.2 to 0.9. The ends count
   * as scores, since those of a word repeated differ by rounding only.
   */
  private static double threshold(List<Mention> mentions) {
    double[] scores =
        DoubleStream.concat(
                DoubleStream.of(0.2, 0.9),
                mentions.stream()
                    .mapToDouble(Mention::score)
                    .filter(score -> score > 0.2 && score < 0.9))
            .sorted()
            .toArray();
    double best = 0;
    double widest = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] - scores[i - 1] > widest) {
        widest = scores[i] - scores[i - 1];
        best = (scores[i] + scores[i - 1]) / 2;
      }
    }
    return best;
  }

  private static List<Mention> detect(
      String backbone, Path head, int maxTokens, int overlap, String text, double threshold)
      throws IOException {
    SpanRepresentation representation =
        SpanRepresentation.values()[text.length() % SpanRepresentation.values().length];
    ModelSpec spec =
        new ModelSpec(
            "test",
            backbone,
            head.toString(),
            Decoder.THRESHOLD,
            Threshold.of(threshold),
            BosPolicy.TOKENIZER,
            maxTokens,
            overlap,
            null,
            Typing.classifier(directory.resolve(representation.label()).toString()));
    try (MentionDetector detector = MentionDetector.load(List.of(spec), ENGINE)) {
      return detector.detect(List.of(text)).get(0);
    }
  }

  private static List<List<Integer>> spans(List<Mention> mentions) {
    return mentions.stream().map(m -> Arrays.asList(m.start(), m.end())).toList();
  }

  private static String text(Random random, int words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ");
      int letters = 1 + random.nextInt(7);
      for (int j = 0; j < letters; j++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }
}
