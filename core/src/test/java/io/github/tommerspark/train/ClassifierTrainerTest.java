package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.tommerspark.classify.ClassProbability;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.detect.Typing;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trainings on texts in which every word is always of the same type. */
class ClassifierTrainerTest {
  private static final EngineOptions ENGINE =
      EngineOptions.defaults().withDtype(ComputeType.FP32).withDevice(DeviceChoice.CPU, 0);
  private static final Map<String, String> TYPES =
      Map.of(
          "Ada", "person",
          "Charles", "person",
          "Marie", "person",
          "London", "place",
          "Warsaw", "place",
          "Paris", "place");
  private static final List<String> WORDS =
      List.of("Ada", "Charles", "Marie", "London", "Warsaw", "Paris", "wrote", "about", "the");
  private static final List<String> CLASSES = List.of(ClassifierConfig.OUTSIDE, "person", "place");

  @TempDir private Path folder;

  @Test
  void learnsWhatCanBeLearned() throws IOException {
    ClassifierTrainer.Result result = train(7, new ArrayList<>());
    assertThat(result.best().dev().f1()).isGreaterThan(0.85);
    assertThat(result.epochs().get(0).loss())
        .isGreaterThan(result.epochs().get(result.epochs().size() - 1).loss());
    assertThat(result.classifier().zeroShot()).isFalse();
    ClassifierFiles.write(result.classifier(), folder);

    // What is used is what was trained.
    Map<String, String> found = labels(Typing.classifier(folder.toString()));
    assertThat(found).containsEntry("Marie", "person").containsEntry("Warsaw", "place");
    assertThat(found).containsEntry("wrote", null);
  }

  @Test
  void theSameSeedGivesTheSameClassifier() throws IOException {
    List<ClassifierTrainer.Epoch> heard = new ArrayList<>();
    SpanClassifier first = train(1, heard).classifier();
    assertThat(heard).hasSize(12);
    assertThat(train(1, heard).classifier()).isEqualTo(first);
    assertThat(train(2, heard).classifier()).isNotEqualTo(first);
  }

  @Test
  void dataWithoutTypesIsRefused() throws IOException {
    List<GoldDocument> untyped =
        List.of(new GoldDocument("a", "Ada", List.of(new GoldSpan(0, 3, null))));
    try (SpanEncoder encoder = SpanEncoder.load(spec(), 1, SpanRepresentation.CONCAT, ENGINE);
        SpanExamples examples = examples(encoder, untyped)) {
      assertThat(examples.goldSpans()).isZero();
      assertThatThrownBy(
              () ->
                  ClassifierTrainer.train(
                      examples,
                      examples,
                      config(encoder),
                      options(0),
                      encoder.promptStates(CLASSES.subList(1, 3)),
                      null,
                      Device.cpu(),
                      epoch -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no mention of the training data has a type");
    }
  }

  @Test
  void vectorsComeBackFromDiskInAnyOrder() throws IOException {
    int width = 3;
    int count = 100_000;
    try (VectorFile file = VectorFile.create(width)) {
      for (int i = 0; i < count; i++) {
        file.add(new float[] {i, -i, i + 0.5f});
      }
      Random random = new Random(4);
      for (int i = 0; i < 50; i++) {
        int first = random.nextInt(count - 20);
        float[] into = new float[1 + 20 * width];
        file.read(first, 20, into, 1);
        assertThat(into[1]).isEqualTo(first);
        assertThat(into[19 * width + 3]).isEqualTo(first + 19 + 0.5f);
      }
      assertThat(file.size()).isEqualTo(count);
    }
  }

  private ClassifierTrainer.Result train(long seed, List<ClassifierTrainer.Epoch> heard)
      throws IOException {
    try (SpanEncoder encoder = SpanEncoder.load(spec(), 1, SpanRepresentation.CONCAT, ENGINE);
        SpanExamples train = examples(encoder, documents(120, 1));
        SpanExamples dev = examples(encoder, documents(30, 2))) {
      // Nothing is missed at this threshold, and most of what is found is of no class.
      assertThat(dev.detectedGold()).isEqualTo(dev.goldSpans());
      assertThat(dev.spans()).isGreaterThan(3 * dev.goldSpans());
      return ClassifierTrainer.train(
          train,
          dev,
          config(encoder),
          options(seed),
          encoder.promptStates(CLASSES.subList(1, 3)),
          null,
          Device.cpu(),
          heard::add);
    }
  }

  private static SpanExamples examples(SpanEncoder encoder, List<GoldDocument> documents)
      throws IOException {
    return SpanExamples.collect(
        encoder,
        Decoder.THRESHOLD,
        0,
        List.of(new LabelledSet("test", documents)),
        CLASSES,
        Map.<String, List<String>>of());
  }

  private static ClassifierConfig config(SpanEncoder encoder) {
    return new ClassifierConfig(
        encoder.backboneName(),
        encoder.layer(),
        encoder.hiddenSize(),
        encoder.representation(),
        2,
        32,
        ClassProbability.SOFTMAX,
        CLASSES);
  }

  private static ClassifierOptions options(long seed) {
    return new ClassifierOptions(2, 32, 12, 8, 1, 1e-2, 1e-5, 0.5, seed);
  }

  private static ModelSpec spec() {
    return ModelSpec.of(
            "test",
            Golden.committed().resolve("backbones/llama").toString(),
            Golden.committed().resolve("end_to_end/heads/llama/new").toString())
        .withDecoder(Decoder.THRESHOLD, 0);
  }

  private static List<GoldDocument> documents(int count, long seed) {
    Random random = new Random(seed);
    List<GoldDocument> documents = new ArrayList<>();
    for (int d = 0; d < count; d++) {
      StringBuilder text = new StringBuilder("So");
      List<GoldSpan> mentions = new ArrayList<>();
      for (int w = 0; w < 6; w++) {
        String word = WORDS.get(random.nextInt(WORDS.size()));
        text.append(' ').append(word);
        if (TYPES.containsKey(word)) {
          mentions.add(new GoldSpan(text.length() - word.length(), text.length(), TYPES.get(word)));
        }
      }
      documents.add(new GoldDocument("d" + d, text.toString(), mentions));
    }
    return documents;
  }

  /** Labels of single words. */
  private static Map<String, String> labels(Typing typing) throws IOException {
    String text = "So Marie wrote the Ada about Warsaw London";
    Map<String, String> labels = new HashMap<>();
    try (MentionDetector detector =
        MentionDetector.load(List.of(spec().withTyping(typing)), ENGINE)) {
      for (Mention mention : detector.detect(List.of(text)).get(0)) {
        if (WORDS.contains(mention.text())) {
          labels.put(mention.text(), mention.label());
        }
      }
    }
    return labels;
  }
}
