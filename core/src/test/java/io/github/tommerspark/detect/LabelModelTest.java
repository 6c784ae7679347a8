package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.classify.LabelModel;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels of a label model against the same equations in float64, and labels of all kinds. */
class LabelModelTest {
  private static final int WIDTH = 64;
  private static final int LAYER = 2;
  private static final EngineOptions ENGINE =
      EngineOptions.defaults().withDtype(ComputeType.FP32).withDevice(DeviceChoice.CPU, 0);
  private static final String TEXT =
      "Ada Lovelace wrote to Charles Babbage in London, 😀 about the engine of 1843.";
  private static final List<String> LABELS =
      List.of("person", "city", "machine", "year", "political party", "événement", "人物");

  private static Path llama;
  private static Backbone backbone;
  private static TextTokenizer tokenizer;

  @TempDir private Path folder;
  private LabelModel model;

  @BeforeAll
  static void load() throws IOException {
    llama = Golden.committed().resolve("backbones/llama");
    LocalDirectory directory = new LocalDirectory(llama);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      BackbonePlan plan = BackbonePlan.of(directory, checkpoint, LAYER);
      backbone = Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of());
      tokenizer = ModelPlan.tokenizer(directory, BosPolicy.TOKENIZER, plan.bosTokenId(), false);
    }
  }

  @AfterAll
  static void close() {
    backbone.close();
    tokenizer.close();
  }

  @BeforeEach
  void write() throws IOException {
    model = TestModels.labelModel(WIDTH, LAYER, 3);
    ClassifierFiles.write(model, folder);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.5, 0.8})
  void labelsAreThoseOfTheEquations(double threshold) throws IOException {
    ScoredText scored = score(new Typing(folder.toString(), LABELS, threshold, false));
    Candidates spans = scored.candidates();
    assertThat(spans.size()).isGreaterThan(20);
    double[][] states = states(TEXT);
    Reference reference = new Reference(LABELS);
    int without = 0;
    for (int i = 0; i < spans.size(); i++) {
      double[] logits = reference.logits(vector(states, spans.start(i), spans.end(i)));
      SpanLabels.Label label = scored.label(spans.start(i), spans.end(i));
      int best = reference.best(logits, threshold);
      String name = best < 0 ? ClassifierConfig.OUTSIDE : LABELS.get(best);
      assertThat(label.name()).isEqualTo(name);
      if (best >= 0) {
        assertThat((double) label.score()).isCloseTo(probability(logits[best]), within(2e-4));
      }
      without += best < 0 ? 1 : 0;
    }
    assertThat(without).isBetween(0, spans.size() - 1);
    assertThat(without == 0).isEqualTo(threshold == 0);
  }

  @Test
  void aMentionOfNoLabelHasNone() throws IOException {
    List<Mention> all = detect(new Typing(folder.toString(), LABELS, 0.7, false));
    assertThat(all).anyMatch(mention -> mention.label() == null);
    assertThat(all)
        .allSatisfy(
            mention -> assertThat(mention.label() == null).isEqualTo(mention.labelScore() == null));
  }

  @Test
  void whatHasNoLabelCanBeLeftOut() throws IOException {
    ScoredText all = score(new Typing(folder.toString(), LABELS, 0.7, false));
    ScoredText required = score(new Typing(folder.toString(), LABELS, 0.7, true));
    Candidates spans = all.candidates();
    Map<Long, Float> expected = new HashMap<>();
    for (int i = 0; i < spans.size(); i++) {
      if (!all.label(spans.start(i), spans.end(i)).name().equals(ClassifierConfig.OUTSIDE)) {
        expected.put(EncodedText.key(spans.start(i), spans.end(i)), spans.score(i));
      }
    }
    Map<Long, Float> left = new HashMap<>();
    for (int i = 0; i < required.candidates().size(); i++) {
      left.put(
          EncodedText.key(required.candidates().start(i), required.candidates().end(i)),
          required.candidates().score(i));
    }
    assertThat(left).isNotEmpty().hasSizeLessThan(spans.size()).isEqualTo(expected);
  }

  @Test
  void withoutLabelsItHasThoseEverybodyWants() throws IOException {
    Typing typing = Typing.classifier(folder.toString());
    assertThat(
            MentionDetector.describe(List.of(spec(typing)), ENGINE).get(0).classifier().classes())
        .isEqualTo(LabelModel.DEFAULT_LABELS);
    assertThat(detect(typing))
        .isEqualTo(detect(new Typing(folder.toString(), LabelModel.DEFAULT_LABELS)));
  }

  @Test
  void whatALabelSaysDoesNotDependOnThoseBesideIt() throws IOException {
    List<String> shuffled = new ArrayList<>(LABELS);
    Collections.reverse(shuffled);
    assertThat(detect(new Typing(folder.toString(), shuffled)).stream().map(Mention::label))
        .containsExactlyElementsOf(
            detect(new Typing(folder.toString(), LABELS)).stream().map(Mention::label).toList());
    // Alone, a label is given to the same mentions or more, with the same score.
    Map<String, Float> scores = new HashMap<>();
    for (Mention mention : detect(new Typing(folder.toString(), List.of("city")))) {
      if (mention.label() != null) {
        scores.put(mention.start() + "-" + mention.end(), mention.labelScore());
      }
    }
    int seen = 0;
    for (Mention mention : detect(new Typing(folder.toString(), LABELS))) {
      if ("city".equals(mention.label())) {
        assertThat(mention.labelScore())
            .isCloseTo(scores.get(mention.start() + "-" + mention.end()), within(1e-5f));
        seen++;
      }
    }
    assertThat(seen).isPositive();
  }

  @Test
  void tenThousandLabelsAreRead() throws IOException {
    List<String> many =
        IntStream.range(0, ClassifierConfig.MAX_CLASSES).mapToObj(i -> "kind " + i).toList();
    assertThat(detect(new Typing(folder.toString(), many)).stream().map(Mention::label).distinct())
        .hasSizeGreaterThan(3);
    List<String> tooMany = new ArrayList<>(many);
    tooMany.add("one more");
    assertThatThrownBy(() -> new Typing(folder.toString(), tooMany))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there are 10001 classes");
  }

  @Test
  void theFingerprintDependsOnAllThatMatters() throws IOException {
    List<String> fingerprints = new ArrayList<>();
    for (Typing typing :
        List.of(
            new Typing(folder.toString(), LABELS),
            new Typing(folder.toString(), LABELS.subList(0, 3)),
            new Typing(folder.toString(), LABELS, 0.4, false),
            new Typing(folder.toString(), LABELS, null, true))) {
      fingerprints.add(fingerprint(typing));
    }
    ClassifierFiles.write(TestModels.labelModel(WIDTH, LAYER, 4), folder);
    fingerprints.add(fingerprint(new Typing(folder.toString(), LABELS)));
    assertThat(fingerprints).doesNotHaveDuplicates();
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatThrownBy(() -> new Typing(folder.toString(), LABELS, 1.0, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("‹labelThreshold› must be at least 0 and below 1, but is 1.0");
    assertThatThrownBy(() -> detect(new Typing(folder.toString(), List.of("😀".repeat(100)))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokens with what is read in front, and at most 256 are read");
  }

  private static String fingerprint(Typing typing) throws IOException {
    return MentionDetector.describe(List.of(spec(typing)), ENGINE)
        .get(0)
        .classifier()
        .fingerprint();
  }

  /** The equations of {@link LabelModel}. */
  private final class Reference {
    private final double[][] directions;
    private final double[] bias;
    private final double[] correction;

    Reference(List<String> labels) {
      directions = new double[labels.size()][];
      bias = new double[labels.size()];
      correction = new double[labels.size()];
      double scale = Math.exp(tensor(8)[0]);
      for (int label = 0; label < labels.size(); label++) {
        double[] y = layers(labelState(labels.get(label)), 4);
        double[] direction = direction(Arrays.copyOf(y, 8));
        directions[label] = Arrays.stream(direction).map(value -> 0.8 * scale * value).toArray();
        bias[label] = 0.8 * (y[8] - 5) + 1.5;
        double prior = 0;
        for (int row = 0; row < 20; row++) {
          double logit = bias[label];
          for (int i = 0; i < 8; i++) {
            logit += directions[label][i] * model.sample().values()[row * 8 + i];
          }
          prior += probability(logit) / 20;
        }
        correction[label] = 0.5 * Math.log(prior);
      }
    }

    private float[] tensor(int i) {
      return model.parameters().get(i).values();
    }

    private double[] layers(double[] x, int from) {
      double[] hidden = linear(from, x);
      return linear(from + 2, Arrays.stream(hidden).map(LabelModelTest::gelu).toArray());
    }

    private double[] linear(int at, double[] x) {
      FloatTensor bias = model.parameters().get(at + 1);
      double[] y = new double[bias.values().length];
      for (int row = 0; row < y.length; row++) {
        y[row] = bias.values()[row];
        for (int i = 0; i < x.length; i++) {
          y[row] += (double) tensor(at)[row * x.length + i] * x[i];
        }
      }
      return y;
    }

    double[] logits(double[] vector) {
      double[] mention = direction(layers(vector, 0));
      double[] logits = bias.clone();
      for (int label = 0; label < logits.length; label++) {
        for (int i = 0; i < mention.length; i++) {
          logits[label] += directions[label][i] * mention[i];
        }
      }
      return logits;
    }

    int best(double[] logits, double threshold) {
      int best = -1;
      double most = Double.NEGATIVE_INFINITY;
      for (int label = 0; label < logits.length; label++) {
        double rank = Math.log(probability(logits[label])) - correction[label];
        if (probability(logits[label]) >= threshold && rank > most) {
          best = label;
          most = rank;
        }
      }
      return best;
    }
  }

  private static double probability(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private static double[] direction(double[] x) {
    double length = Math.sqrt(Arrays.stream(x).map(value -> value * value).sum());
    return Arrays.stream(x).map(value -> value / length).toArray();
  }

  private static double gelu(double x) {
    return x * 0.5 * (1 + erf(x / Math.sqrt(2)));
  }

  /** By its series, which converges fast for the numbers of this test. */
  private static double erf(double x) {
    if (Math.abs(x) > 5) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  /** The mean over the tokens of a label behind the model's prompt. */
  private static double[] labelState(String label) {
    double[][] states = states("a " + label);
    TokenizedText tokens = tokenizer.encode("a " + label);
    int from = 0;
    while (tokens.end(from) <= 2) {
      from++;
    }
    return mean(states, from, states.length - 1);
  }

  private static double[] mean(double[][] states, int start, int end) {
    double[] mean = new double[WIDTH];
    for (int t = start; t <= end; t++) {
      for (int i = 0; i < WIDTH; i++) {
        mean[i] += states[t][i] / (end - start + 1);
      }
    }
    return mean;
  }

  private static double[] vector(double[][] states, int start, int end) {
    double[] vector = Arrays.copyOf(states[start], 3 * WIDTH);
    System.arraycopy(states[end], 0, vector, WIDTH, WIDTH);
    System.arraycopy(mean(states, start, end), 0, vector, 2 * WIDTH, WIDTH);
    return vector;
  }

  /** Hidden states of the content tokens of a text. */
  private static double[][] states(String text) {
    TokenizedText tokens = tokenizer.encode(text);
    int[] prefix = tokenizer.prefixIds();
    long[] ids = new long[prefix.length + tokens.size()];
    for (int i = 0; i < prefix.length; i++) {
      ids[i] = prefix[i];
    }
    tokens.copyIds(0, tokens.size(), ids, prefix.length);
    float[] all = backbone.hiddenStates(ids, new long[] {1, ids.length}, LAYER).get(0);
    double[][] states = new double[tokens.size()][WIDTH];
    for (int t = 0; t < states.length; t++) {
      for (int i = 0; i < WIDTH; i++) {
        states[t][i] = all[(prefix.length + t) * WIDTH + i];
      }
    }
    return states;
  }

  private static ModelSpec spec(Typing typing) {
    ModelSpec spec =
        ModelSpec.of(
                "test",
                llama.toString(),
                Golden.committed().resolve("end_to_end/heads/llama/new").toString())
            .withTyping(typing);
    return spec.withDecoder(spec.decoder(), 0);
  }

  private static ScoredText score(Typing typing) throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec(typing)), ENGINE)) {
      return detector.score(List.of(TEXT)).get(0).get(0);
    }
  }

  private static List<Mention> detect(Typing typing) throws IOException {
    try (MentionDetector detector = MentionDetector.load(List.of(spec(typing)), ENGINE)) {
      return detector.detect(List.of(TEXT)).get(0);
    }
  }
}
