package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.classify.LabelModelConfig;
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
import io.github.tommerspark.head.Calibration;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole trainings on texts in which every word is always of the same type. */
class LabelTrainerTest {
  private static final EngineOptions ENGINE =
      EngineOptions.defaults().withDtype(ComputeType.FP32).withDevice(DeviceChoice.CPU, 0);
  private static final Map<String, String> TYPES =
      Map.of(
          "Ada", "person",
          "Charles", "person",
          "Marie", "person",
          "London", "city",
          "Warsaw", "city",
          "Rhine", "river",
          "Thames", "river");
  private static final List<String> WORDS =
      List.of("Ada", "Charles", "Marie", "London", "Warsaw", "Rhine", "Thames", "wrote", "the");

  /** Charles has a role besides, cities and rivers are places, and a person is a human. */
  private static final String TABLE =
      """
      type\tbroader\tsynonyms
      city\tplace\ttown
      river\twater;place\t

      person\t\thuman
      """;

  @TempDir private Path folder;

  @Test
  void learnsBroaderTypesSynonymsAndRoles() throws IOException {
    LabelTrainer.Result result = train(7, null, options(12, 0.2, 0));
    List<LabelTrainer.Epoch> epochs = result.epochs();
    assertThat(epochs.get(epochs.size() - 1).accuracy()).isGreaterThan(0.9);
    assertThat(epochs.get(0).loss()).isGreaterThan(2 * epochs.get(epochs.size() - 1).loss());
    // Every label is certain on these texts, and calibrated to say so.
    assertThat(result.reliability().error()).isLessThan(0.05);
    assertThat(result.model().config().calibration())
        .isEqualTo(result.reliability().calibration())
        .isNotEqualTo(Calibration.NONE);
    ClassifierFiles.write(result.model(), folder);
    assertThat(ClassifierFiles.read(new LocalDirectory(folder))).isEqualTo(result.model());

    assertThat(labels("person", "city", "river"))
        .containsEntry("Marie", "person")
        .containsEntry("Warsaw", "city")
        .containsEntry("Thames", "river");
    assertThat(labels("human", "place"))
        .containsEntry("Ada", "human")
        .containsEntry("Rhine", "place");
    assertThat(labels("town", "water"))
        .containsEntry("London", "town")
        .containsEntry("Rhine", "water")
        .containsEntry("Marie", null);
    // The rarer of two labels that both fit says more.
    assertThat(labels("person", "engineer"))
        .containsEntry("Charles", "engineer")
        .containsEntry("Ada", "person");
  }

  @Test
  void theSameSeedGivesTheSameModel() throws IOException {
    LabelOptions few = options(1, 0.2, 0);
    LabelModel first = train(1, null, few).model();
    assertThat(train(1, null, few).model()).isEqualTo(first);
    assertThat(train(2, null, few).model()).isNotEqualTo(first);
  }

  @Test
  void trainingGoesOnFromAModel() throws IOException {
    LabelTrainer.Result begun = train(1, null, options(4, 0.2, 0));
    LabelTrainer.Result further = train(2, begun.model(), options(1, 0, 0.5));
    assertThat(further.epochs().get(0).loss()).isLessThan(begun.epochs().get(0).loss() / 2);
    // What it knows of labels stays, and so does the meaning of its probabilities.
    LabelModel before = begun.model();
    LabelModel after = further.model();
    assertThat(after.parameters().subList(4, 8)).isEqualTo(before.parameters().subList(4, 8));
    assertThat(after.parameters().subList(0, 4)).isNotEqualTo(before.parameters().subList(0, 4));
    assertThat(after.config()).isEqualTo(before.config());
    assertThat(further.reliability().calibration()).isEqualTo(before.config().calibration());
  }

  @Test
  void labelsAreTypesWhatTheyAreTooAndRoles() throws IOException {
    LabelVocabulary all = vocabulary(documents(30, 1), 1);
    assertThat(all.labels())
        .containsExactly("city", "engineer", "human", "person", "place", "river", "town", "water");
    List<GoldDocument> one =
        List.of(
            new GoldDocument(
                "a",
                "Ada saw the Rhine and London",
                List.of(
                    new GoldSpan(0, 3, null),
                    new GoldSpan(12, 17, "river"),
                    new GoldSpan(22, 28, "city"))));
    // Both are places, and nothing else is said twice.
    assertThat(vocabulary(one, 2).labels()).containsExactly("place");
    LabelVocabulary vocabulary =
        LabelVocabulary.of(
            List.of(new LabelledSet("a", one), new LabelledSet("b", documents(30, 1))), table(), 1);
    assertThat(vocabulary.known("a")).containsExactly(1, 0, 0, 0, 1, 1, 1, 1);
    assertThat(vocabulary.known("b")).containsOnly(1);
  }

  @Test
  void dataWithoutTypesIsRefused() throws IOException {
    List<GoldDocument> untyped =
        List.of(new GoldDocument("a", "Ada", List.of(new GoldSpan(0, 3, null))));
    LabelVocabulary vocabulary = vocabulary(untyped, 1);
    try (SpanEncoder encoder = encoder();
        LabelExamples examples = examples(encoder, untyped, vocabulary)) {
      assertThat(examples.goldSpans()).isZero();
      assertThatThrownBy(
              () ->
                  LabelTrainer.train(
                      examples,
                      examples,
                      config(encoder),
                      options(1, 0, 0),
                      Map.of(),
                      null,
                      Device.cpu(),
                      epoch -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no mention of the training data has a type");
    }
  }

  @Test
  void tablesThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> TypeTable.read("x.tsv", new StringReader("a\tb\n")))
        .hasMessageContaining("Cannot read the types x.tsv, line 1: it must name the columns");
    assertThatThrownBy(
            () -> TypeTable.read("x.tsv", new StringReader("type\tbroader\tsynonyms\na\tb\n")))
        .hasMessageContaining("line 2: a line is a type")
        .hasMessageContaining("2 fields");
    assertThatThrownBy(
            () ->
                TypeTable.read(
                    "x.tsv", new StringReader("type\tbroader\tsynonyms\na\t\t\na\tb\t\n")))
        .hasMessageContaining("line 3: \"a\" has a line already");
  }

  private LabelTrainer.Result train(long seed, LabelModel initial, LabelOptions options)
      throws IOException {
    List<GoldDocument> documents = documents(80, 1);
    LabelVocabulary vocabulary = vocabulary(documents, 1);
    LabelOptions small =
        new LabelOptions(
            24,
            16,
            16,
            options.epochs(),
            32,
            1e-2,
            0.01,
            options.dropout(),
            options.otherSpans(),
            seed);
    try (SpanEncoder encoder = encoder();
        LabelExamples train = examples(encoder, documents, vocabulary);
        LabelExamples dev = examples(encoder, documents(20, 2), vocabulary)) {
      TreeSet<String> names = new TreeSet<>(vocabulary.labels());
      names.addAll(dev.types());
      Map<String, float[]> states = new HashMap<>();
      List<String> labels = List.copyOf(names);
      List<float[]> read = encoder.labelStates("", labels);
      for (int i = 0; i < labels.size(); i++) {
        states.put(labels.get(i), read.get(i));
      }
      LabelModelConfig config = initial == null ? config(encoder) : initial.config();
      return LabelTrainer.train(
          train, dev, config, small, states, initial, Device.cpu(), epoch -> {});
    }
  }

  private static LabelOptions options(int epochs, double dropout, double otherSpans) {
    return new LabelOptions(24, 16, 16, epochs, 32, 1e-2, 0.01, dropout, otherSpans, 0);
  }

  private static TypeTable table() throws IOException {
    return TypeTable.read("table", new StringReader(TABLE));
  }

  private static LabelVocabulary vocabulary(List<GoldDocument> documents, int least)
      throws IOException {
    return LabelVocabulary.of(List.of(new LabelledSet("test", documents)), table(), least);
  }

  private static SpanEncoder encoder() throws IOException {
    return SpanEncoder.load(spec(), 1, SpanRepresentation.FULL, ENGINE);
  }

  private static LabelExamples examples(
      SpanEncoder encoder, List<GoldDocument> documents, LabelVocabulary vocabulary)
      throws IOException {
    return LabelExamples.collect(encoder, List.of(new LabelledSet("test", documents)), vocabulary);
  }

  private static LabelModelConfig config(SpanEncoder encoder) {
    return new LabelModelConfig(
        encoder.backboneName(),
        encoder.layer(),
        encoder.hiddenSize(),
        24,
        16,
        16,
        "",
        0.5,
        0.5,
        Calibration.NONE);
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
          mentions.add(
              new GoldSpan(
                  text.length() - word.length(),
                  text.length(),
                  TYPES.get(word),
                  word.equals("Charles") ? List.of("engineer") : List.of()));
        }
      }
      documents.add(new GoldDocument("d" + d, text.toString(), mentions));
    }
    return documents;
  }

  /** Labels of single words. */
  private Map<String, String> labels(String... among) throws IOException {
    String text = "So Marie wrote the Ada Rhine Warsaw Charles London Thames";
    Map<String, String> labels = new HashMap<>();
    Typing typing = new Typing(folder.toString(), List.of(among));
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
