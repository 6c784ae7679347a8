package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.classify.ClassProbability;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.EntityPrompt;
import io.github.tommerspark.classify.SpanClassifier;
import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.text.BosPolicy;
import io.github.tommerspark.text.TextTokenizer;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels against the same equations in float64, and what is refused. */
class TypedMentionsTest {
  private static final int WIDTH = 64;
  private static final int CLASSIFIER_LAYER = 2;
  private static final EngineOptions ENGINE =
      EngineOptions.defaults().withDtype(ComputeType.FP32).withDevice(DeviceChoice.CPU, 0);
  private static final String TEXT =
      "Ada Lovelace wrote to Charles Babbage in London, 😀 about the engine of 1843.";

  private static Path llama;
  private static Backbone backbone;
  private static TextTokenizer tokenizer;

  @TempDir private Path folder;

  @BeforeAll
  static void load() throws IOException {
    llama = Golden.committed().resolve("backbones/llama");
    LocalDirectory directory = new LocalDirectory(llama);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      BackbonePlan plan = BackbonePlan.of(directory, checkpoint, CLASSIFIER_LAYER);
      backbone = Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of());
      tokenizer = ModelPlan.tokenizer(directory, BosPolicy.TOKENIZER, plan.bosTokenId(), false);
    }
  }

  @AfterAll
  static void close() {
    backbone.close();
    tokenizer.close();
  }

  @ParameterizedTest
  @CsvSource({
    "CONCAT, 1, 0, false",
    "CONCAT, 2, 2, false",
    "CONCAT, 3, 2, true",
    "AVERAGE, 1, 2, true",
    "AVERAGE, 2, 0, false",
    "AVERAGE, 4, 2, false"
  })
  void labelsAreThoseOfTheEquations(
      SpanRepresentation representation, int mlpLayers, int layer, boolean zeroShot)
      throws IOException {
    SpanClassifier classifier =
        TestModels.classifier(WIDTH, layer, representation, mlpLayers, zeroShot, mlpLayers);
    ClassifierFiles.write(classifier, folder);
    double[][] states = states(TEXT, layer);
    ScoredText scored = score(Typing.classifier(folder.toString()));
    assertThat(scored.candidates().size()).isGreaterThan(20);
    assertLabels(scored, classifier, states);
  }

  @Test
  void labelsGivenAtRunTimeAreReadByTheBackbone() throws IOException {
    SpanClassifier classifier =
        TestModels.classifier(WIDTH, CLASSIFIER_LAYER, SpanRepresentation.CONCAT, 2, true, 12);
    ClassifierFiles.write(classifier, folder);
    List<String> labels = List.of("engine", "city of the world", "Person");
    List<float[]> prompts = new ArrayList<>();
    for (String label : labels) {
      double[][] states = states(EntityPrompt.of(label), CLASSIFIER_LAYER);
      double[] last = states[states.length - 1];
      float[] prompt = new float[WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        prompt[i] = (float) last[i];
      }
      prompts.add(prompt);
    }
    ScoredText scored = score(new Typing(folder.toString(), labels));
    assertLabels(scored, classifier.withLabels(labels, prompts), states(TEXT, CLASSIFIER_LAYER));
    assertThat(scored.mentions(scored.candidates()).stream().map(Mention::label))
        .isSubsetOf(null, "engine", "city of the world", "Person")
        .containsAnyOf("engine", "city of the world", "Person");
  }

  @Test
  void spansThatTrainingSeesAreThoseOfTheEquations() throws IOException {
    for (SpanRepresentation representation : SpanRepresentation.values()) {
      try (SpanEncoder encoder =
          SpanEncoder.load(spec(null), CLASSIFIER_LAYER, representation, ENGINE)) {
        Candidates some = new Candidates();
        some.add(0, 0, 0);
        some.add(2, 7, 0);
        List<EncodedText> texts =
            encoder.encode(
                List.of(TEXT, "London"), (text, tokens) -> text == 0 ? some : new Candidates());
        Candidates found = texts.get(0).scored().candidates();
        assertThat(found.size()).isPositive();
        for (int i = 0; i < found.size(); i++) {
          some.add(found.start(i), found.end(i), 0);
        }
        double[][] states = states(TEXT, CLASSIFIER_LAYER);
        for (int i = 0; i < some.size(); i++) {
          double[] expected = vector(states, representation, some.start(i), some.end(i));
          float[] vector = texts.get(0).vector(some.start(i), some.end(i));
          assertThat(vector).hasSize(expected.length);
          for (int j = 0; j < expected.length; j++) {
            assertThat((double) vector[j]).isCloseTo(expected[j], within(1e-4));
          }
        }
        assertThat(texts.get(1).vector(0, 99)).isNull();
      }
    }
  }

  @Test
  void modelsOnOneBackboneHaveClassifiersOfTheirOwn() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 2, SpanRepresentation.CONCAT, 2, false, 1), first);
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 0, SpanRepresentation.AVERAGE, 2, false, 2), second);
    List<ModelSpec> specs =
        List.of(
            named("a", Typing.classifier(first.toString())),
            named("b", null),
            named("c", Typing.classifier(second.toString())));
    try (MentionDetector together = MentionDetector.load(specs, ENGINE)) {
      assertThat(together.loadReports()).hasSize(1);
      List<DocumentMentions.ModelResult> results =
          together.annotate(List.of(TEXT)).get(0).results();
      for (int m = 0; m < specs.size(); m++) {
        try (MentionDetector alone = MentionDetector.load(List.of(specs.get(m)), ENGINE)) {
          assertThat(results.get(m).mentions())
              .isNotEmpty()
              .isEqualTo(alone.detect(List.of(TEXT)).get(0));
        }
      }
      assertThat(results.get(1).mentions())
          .allSatisfy(
              mention -> {
                assertThat(mention.label()).isNull();
                assertThat(mention.labelScore()).isNull();
              });
    }
  }

  @Test
  void theFingerprintOfAClassifierDependsOnAllThatMatters() throws IOException {
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 3, SpanRepresentation.CONCAT, 2, true, 1), folder);
    ModelDescription untyped = describe(null);
    ModelDescription typed = describe(Typing.classifier(folder.toString()));
    ModelDescription labelled = describe(new Typing(folder.toString(), List.of("a", "b")));
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 2, SpanRepresentation.CONCAT, 2, true, 2), folder);
    ModelDescription other = describe(Typing.classifier(folder.toString()));
    assertThat(untyped.classifier()).isNull();
    assertThat(typed.fingerprint())
        .isEqualTo(untyped.fingerprint())
        .isEqualTo(labelled.fingerprint());
    assertThat(typed.truncatedBytes()).isGreaterThan(untyped.truncatedBytes());
    assertThat(
            List.of(
                typed.classifier().fingerprint(),
                labelled.classifier().fingerprint(),
                other.classifier().fingerprint()))
        .doesNotHaveDuplicates();
    assertThat(typed.classifier().classes()).containsExactly("person", "place");
    assertThat(labelled.classifier().classes()).containsExactly("a", "b");
  }

  @Test
  void aModelWithoutALabelModelSaysHowToMakeOne() throws IOException {
    ModelSpec bare = ModelSpec.bundled("nano-llama");
    assertThat(MentionDetector.bringsLabels(bare)).isFalse();
    assertThatThrownBy(
            () ->
                MentionDetector.describe(
                    List.of(bare.withTyping(Typing.labels(List.of("person")))), ENGINE))
        .hasMessageContaining("brings no label model; make one with train-classifier ‹zeroShot›");
    assertThatThrownBy(
            () ->
                MentionDetector.describe(
                    List.of(bare.withTyping(Typing.classifier("nano-neox"))), ENGINE))
        .hasMessageContaining("‹classifier› nano-neox: that model brings no classifier");
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    ClassifierFiles.write(
        TestModels.classifier(32, 2, SpanRepresentation.CONCAT, 2, false, 1), folder);
    assertThatThrownBy(() -> describe(Typing.classifier(folder.toString())))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("reads hidden states of width 32, the backbone's have width 64");
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 99, SpanRepresentation.CONCAT, 2, false, 1), folder);
    assertThatThrownBy(() -> describe(Typing.classifier(folder.toString())))
        .hasMessageContaining("Cannot use layer 99");
    ClassifierFiles.write(
        TestModels.classifier(WIDTH, 2, SpanRepresentation.CONCAT, 2, false, 1), folder);
    assertThatThrownBy(() -> describe(new Typing(folder.toString(), List.of("person"))))
        .hasMessageContaining("trained for its own classes (O, person, place)");
    assertThatThrownBy(() -> describe(Typing.labels(List.of("person"))))
        .hasMessageContaining("brings no label model");
    assertThatThrownBy(() -> describe(Typing.classifier(folder.resolve("none").toString())))
        .hasMessageContaining("there is no such directory");
    assertThatThrownBy(() -> Typing.labels(List.of("a", "a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("‹labels› cannot be used: there are two classes \"a\"");
  }

  private static ModelSpec named(String name, Typing typing) {
    return ModelSpec.of(
            name,
            llama.toString(),
            Golden.committed().resolve("end_to_end/heads/llama/new").toString())
        .withTyping(typing);
  }

  private static ModelSpec spec(Typing typing) {
    return named("test", typing);
  }

  private static ModelDescription describe(Typing typing) throws IOException {
    return MentionDetector.describe(List.of(spec(typing)), ENGINE).get(0);
  }

  private static ScoredText score(Typing typing) throws IOException {
    ModelSpec spec = spec(typing);
    try (MentionDetector detector =
        MentionDetector.load(List.of(spec.withDecoder(spec.decoder(), 0)), ENGINE)) {
      return detector.score(List.of(TEXT)).get(0).get(0);
    }
  }

  /** Hidden states of the content tokens of a text, and of nothing else. */
  private static double[][] states(String text, int layer) {
    TokenizedText tokens = tokenizer.encode(text);
    int[] prefix = tokenizer.prefixIds();
    long[] ids = new long[prefix.length + tokens.size()];
    for (int i = 0; i < prefix.length; i++) {
      ids[i] = prefix[i];
    }
    tokens.copyIds(0, tokens.size(), ids, prefix.length);
    float[] all = backbone.hiddenStates(ids, new long[] {1, ids.length}, layer).get(0);
    double[][] states = new double[tokens.size()][WIDTH];
    for (int t = 0; t < states.length; t++) {
      for (int i = 0; i < WIDTH; i++) {
        states[t][i] = all[(prefix.length + t) * WIDTH + i];
      }
    }
    return states;
  }

  private static double[] vector(
      double[][] states, SpanRepresentation representation, int start, int end) {
    if (representation == SpanRepresentation.CONCAT) {
      return joined(states[start], states[end]);
    }
    if (representation == SpanRepresentation.FULL) {
      return joined(
          states[start], states[end], vector(states, SpanRepresentation.AVERAGE, start, end));
    }
    double[] mean = new double[WIDTH];
    for (int t = start; t <= end; t++) {
      for (int i = 0; i < WIDTH; i++) {
        mean[i] += states[t][i] / (end - start + 1);
      }
    }
    return mean;
  }

  private static double[] joined(double[]... parts) {
    return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void assertLabels(
      ScoredText scored, SpanClassifier classifier, double[][] states) {
    ClassifierConfig config = classifier.config();
    Candidates spans = scored.candidates();
    for (int i = 0; i < spans.size(); i++) {
      double[] scores =
          scores(classifier, vector(states, config.representation(), spans.start(i), spans.end(i)));
      int best = 0;
      double sum = 0;
      double bestOther = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < scores.length; c++) {
        best = scores[c] > scores[best] ? c : best;
        bestOther = c > 0 ? Math.max(bestOther, scores[c]) : bestOther;
      }
      for (double score : scores) {
        sum += Math.exp(score - scores[best]);
      }
      double probability =
          config.probability() == ClassProbability.SOFTMAX
              ? 1 / sum
              : 1 / (1 + Math.exp(-Math.abs(bestOther)));
      SpanLabels.Label label = scored.label(spans.start(i), spans.end(i));
      assertThat(label.name()).isEqualTo(config.classes().get(best));
      assertThat((double) label.score()).isCloseTo(probability, within(2e-4));
    }
  }

  /** The equations of {@link SpanClassifier}. */
  private static double[] scores(SpanClassifier classifier, double[] vector) {
    double[] h = linear(classifier.inputWeight(), classifier.inputBias(), vector);
    for (int layer = 1; layer < classifier.config().mlpLayers(); layer++) {
      double[] activated = Arrays.stream(h).map(x -> x / (1 + Math.exp(-x))).toArray();
      h = linear(classifier.hiddenWeight(), classifier.hiddenBias(), activated);
    }
    return linear(classifier.classVectors(), new float[classifier.config().classes().size()], h);
  }

  private static double[] linear(float[] weight, float[] bias, double[] x) {
    double[] y = new double[bias.length];
    for (int row = 0; row < y.length; row++) {
      y[row] = bias[row];
      for (int column = 0; column < x.length; column++) {
        y[row] += (double) weight[row * x.length + column] * x[column];
      }
    }
    return y;
  }
}
