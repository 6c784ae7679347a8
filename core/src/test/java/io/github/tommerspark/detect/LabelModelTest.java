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
import io.github.tommerspark.classify.Label;
import io.github.tommerspark.classify.LabelModel;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
    Reference reference = new Reference(Label.named(LABELS));
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

  /** Wordings of a label: some alone, some of them several, and not in order of their number. */
  private static final List<Label> WORDED =
      List.of(
          Label.of("person"),
          new Label("place", List.of("city", "a town or a village", "人物")),
          Label.of("machine"),
          new Label("DATE", List.of("year", "day of the month")),
          new Label("event", List.of("événement")));

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4, 0.7})
  void aLabelFitsAsWellAsItsBestWording(double threshold) throws IOException {
    ScoredText scored =
        score(new Typing(folder.toString(), WORDED, threshold, false, true, RankBy.MENTION));
    double[][] states = states(TEXT);
    Reference reference = new Reference(WORDED);
    Candidates spans = scored.candidates();
    int several = 0;
    for (int i = 0; i < spans.size(); i++) {
      double[] logits = reference.logits(vector(states, spans.start(i), spans.end(i)));
      SpanLabels.Label label = scored.label(spans.start(i), spans.end(i));
      int best = reference.best(logits, threshold);
      assertThat(label.name())
          .isEqualTo(best < 0 ? ClassifierConfig.OUTSIDE : WORDED.get(best).name());
      List<SpanLabels.Label> all = scored.labels().all(spans.start(i), spans.end(i));
      List<String> expected =
          IntStream.range(0, WORDED.size())
              .boxed()
              .filter(l -> probability(logits[l]) >= threshold)
              .sorted(Comparator.comparingDouble(l -> -reference.rank(logits, l)))
              .map(l -> WORDED.get(l).name())
              .toList();
      assertThat(all).extracting(SpanLabels.Label::name).isEqualTo(expected);
      for (SpanLabels.Label one : all) {
        int at = Label.names(WORDED).indexOf(one.name());
        assertThat((double) one.score()).isCloseTo(probability(logits[at]), within(2e-4));
      }
      several += all.size() > 1 ? 1 : 0;
    }
    assertThat(several).isPositive();
  }

  @Test
  void allLabelsAreToldOnlyWhereTheyAreAskedFor() throws IOException {
    List<Mention> one = detect(new Typing(folder.toString(), LABELS, 0.4, false));
    List<Mention> all =
        detect(
            new Typing(folder.toString(), Label.named(LABELS), 0.4, false, true, RankBy.MENTION));
    assertThat(one).allMatch(mention -> mention.labels().isEmpty());
    assertThat(all).anyMatch(mention -> mention.labels().size() > 1);
    assertThat(all)
        .allMatch(mention -> mention.labels().isEmpty() == (mention.label() == null))
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("labels")
        .isEqualTo(one);
  }

  @ParameterizedTest
  @EnumSource(RankBy.class)
  void aDecoderChoosesByWhatItIsTold(RankBy rankBy) throws IOException {
    ScoredText scored =
        score(new Typing(folder.toString(), Label.named(LABELS), 0.6, false, false, rankBy));
    Candidates spans = scored.candidates();
    Candidates kept = scored.decode(Decoder.GREEDY, 0.2);
    Set<Long> left = new HashSet<>();
    for (int i = 0; i < kept.size(); i++) {
      left.add(EncodedText.key(kept.start(i), kept.end(i)));
    }
    assertThat(left).hasSizeGreaterThan(2);
    for (int i = 0; i < spans.size(); i++) {
      int start = spans.start(i);
      int end = spans.end(i);
      if (spans.score(i) > 0.2 && !left.contains(EncodedText.key(start, end))) {
        // It gave way to one that overlaps it and has at least as high a number.
        double least = number(scored, spans, i, rankBy);
        assertThat(IntStream.range(0, kept.size()))
            .anyMatch(
                k ->
                    kept.start(k) <= end
                        && kept.end(k) >= start
                        && number(scored, kept, k, rankBy) >= least);
      }
    }
    assertThat(kept).isEqualTo(scored.decode(Decoder.GREEDY, spans, 0.2));
    if (rankBy != RankBy.MENTION) {
      Candidates byScore = Decoder.GREEDY.decode(spans, 0.2);
      assertThat(kept).isNotEqualTo(byScore);
    }
  }

  private static double number(ScoredText scored, Candidates spans, int i, RankBy rankBy) {
    SpanLabels.Label label = scored.label(spans.start(i), spans.end(i));
    boolean none = label.name().equals(ClassifierConfig.OUTSIDE);
    double labelScore = none ? 1e-6f : label.score();
    return switch (rankBy) {
      case MENTION -> spans.score(i);
      case LABEL -> labelScore;
      case PRODUCT -> spans.score(i) * (float) labelScore;
    };
  }

  @Test
  void rankingNeedsADecoderThatChooses() {
    Typing typing =
        new Typing(folder.toString(), Label.named(LABELS), null, false, false, RankBy.LABEL);
    assertThatThrownBy(() -> spec(typing).withSensibleRanking())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot use ‹rankBy› label with ‹decoder› threshold");
    assertThatThrownBy(() -> RankBy.parse("luck"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot rank by \"luck\": it must be one of mention, label, product");
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
            new Typing(folder.toString(), LABELS, null, true),
            typing(Label.named(LABELS), true, RankBy.MENTION),
            typing(worded("person", "human"), false, RankBy.MENTION),
            typing(worded("human", "person"), false, RankBy.MENTION),
            typing(worded("person"), false, RankBy.MENTION))) {
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

  private Typing typing(List<Label> labels, boolean allLabels, RankBy rankBy) {
    return new Typing(folder.toString(), labels, null, false, allLabels, rankBy);
  }

  private static List<Label> worded(String... wordings) {
    return List.of(new Label("who", List.of(wordings)));
  }

  @Test
  void wordingsThatAreNoneAreRefused() {
    assertThatThrownBy(() -> new Label("a", List.of()))
        .hasMessage("the label \"a\" has no wording");
    assertThatThrownBy(() -> new Label("a", List.of("b", " ")))
        .hasMessage("a wording of the label \"a\" has no characters; it must have 1 to 1000");
    assertThatThrownBy(() -> new Label("a", List.of("x".repeat(1001))))
        .hasMessageContaining("has 1001 characters");
    assertThatThrownBy(() -> new Label("a", List.of("b\tc")))
        .hasMessageContaining("control character");
    List<String> many = IntStream.range(0, 10_001).mapToObj(i -> "w" + i).toList();
    assertThatThrownBy(() -> typing(List.of(new Label("a", many)), false, RankBy.MENTION))
        .hasMessage(
            "‹labels› cannot be used: they have 10001 wordings in all, and at most 10000 are read");
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
    private final List<Integer> owners = new ArrayList<>();

    Reference(List<Label> labels) {
      int wordings = labels.stream().mapToInt(label -> label.wordings().size()).sum();
      directions = new double[wordings][];
      bias = new double[wordings];
      correction = new double[labels.size()];
      double scale = Math.exp(tensor(8)[0]);
      for (int label = 0; label < labels.size(); label++) {
        for (String wording : labels.get(label).wordings()) {
          double[] y = layers(labelState(wording), 4);
          double[] direction = direction(Arrays.copyOf(y, 8));
          directions[owners.size()] =
              Arrays.stream(direction).map(value -> 0.8 * scale * value).toArray();
          bias[owners.size()] = 0.8 * (y[8] - 5) + 1.5;
          owners.add(label);
        }
      }
      double[] priors = new double[labels.size()];
      for (int row = 0; row < 20; row++) {
        double[] logits = logitsOf(Arrays.copyOfRange(sample(), row * 8, row * 8 + 8));
        for (int label = 0; label < priors.length; label++) {
          priors[label] += probability(logits[label]) / 20;
        }
      }
      for (int label = 0; label < priors.length; label++) {
        correction[label] = 0.5 * Math.log(priors[label]);
      }
    }

    private double[] sample() {
      float[] values = model.sample().values();
      return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
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
      return logitsOf(direction(layers(vector, 0)));
    }

    /** Of a label that of its best wording. */
    private double[] logitsOf(double[] mention) {
      double[] logits = new double[correction.length];
      Arrays.fill(logits, Double.NEGATIVE_INFINITY);
      for (int wording = 0; wording < bias.length; wording++) {
        double logit = bias[wording];
        for (int i = 0; i < mention.length; i++) {
          logit += directions[wording][i] * mention[i];
        }
        int label = owners.get(wording);
        logits[label] = Math.max(logits[label], logit);
      }
      return logits;
    }

    double rank(double[] logits, int label) {
      return Math.log(probability(logits[label])) - correction[label];
    }

    int best(double[] logits, double threshold) {
      int best = -1;
      double most = Double.NEGATIVE_INFINITY;
      for (int label = 0; label < logits.length; label++) {
        double rank = rank(logits, label);
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
