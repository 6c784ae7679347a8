package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.eval.EvaluationExample.Kind;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.text.TokenizedText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Breakdowns against numbers counted by hand. */
class EvaluationTallyTest {

  private static final String NESTED = "The University of New York hired Ada Lovelace.";

  /**
   * Gold: the university, New York inside it, New York again as another type, Ada. Found: New York
   * and Ada; "Ada Lovelace." with the full stop and "hired" are wrong.
   */
  private static final GoldDocument UNIVERSITY =
      new GoldDocument(
          "university",
          NESTED,
          List.of(
              span(NESTED, "University of New York", "ORG"),
              span(NESTED, "New York", "LOC"),
              span(NESTED, "New York", "GPE"),
              span(NESTED, "Ada Lovelace", "PER")));

  private static final String CURIE = "👩 Marie Curie, of Paris";

  /** Gold: Marie Curie, Paris without a type. Found: Paris; "Marie" is wrong. */
  private static final GoldDocument PARIS =
      new GoldDocument(
          "paris", CURIE, List.of(span(CURIE, "Marie Curie", "PER"), span(CURIE, "Paris", null)));

  private static EvaluationTally tally(double... thresholds) {
    EvaluationTally tally = new EvaluationTally(thresholds, false, 3);
    tally.add(
        UNIVERSITY,
        found(
            NESTED,
            mention(NESTED, "New York", 0.9f),
            mention(NESTED, "Ada Lovelace", 0.8f),
            mention(NESTED, "Ada Lovelace.", 0.6f),
            mention(NESTED, "hired", 0.7f)));
    tally.add(PARIS, found(CURIE, mention(CURIE, "Paris", 0.95f), mention(CURIE, "Marie", 0.99f)));
    return tally;
  }

  @Test
  void scores() {
    EvaluationTally tally = tally();
    assertThat(tally.scores()).isEqualTo(new SpanScores(3, 3, 6));
    assertThat(tally.scores().precision()).isCloseTo(3 / 6.0, within(1e-8));
    assertThat(tally.scores().recall()).isCloseTo(3 / 6.0, within(1e-8));
    assertThat(tally.scores().f1()).isCloseTo(0.5, within(1e-7));
    assertThat(tally.documents()).isEqualTo(2);
    assertThat(tally.candidateSpans()).hasValue(20);
    assertThat(new SpanScores(0, 0, 0).f1()).isZero();
  }

  @Test
  void recallByType() {
    assertThat(tally().types())
        .containsExactly(
            new GroupRecall("GPE", 1, 1),
            new GroupRecall("LOC", 1, 1),
            new GroupRecall("ORG", 1, 0),
            new GroupRecall("PER", 2, 1));
    assertThat(tally().types().get(3).recall()).isEqualTo(0.5);
  }

  @Test
  void scoresByLength() {
    assertThat(tally().lengths())
        .containsExactly(
            // Paris; hired, Paris, Marie.
            new LengthScores("1", 1, 1, 3, 1),
            // New York twice, Ada Lovelace, Marie Curie; New York, Ada Lovelace with and without .
            new LengthScores("2", 4, 3, 3, 2),
            new LengthScores("4", 1, 0, 0, 0));
    assertThat(tally().lengths().get(1).precision()).isEqualTo(2 / 3.0);
    assertThat(tally().lengths().get(1).recall()).isEqualTo(3 / 4.0);
    assertThat(tally().lengths().get(2).precision()).isZero();
  }

  @Test
  void wordsAreCountedByBlanks() {
    assertThat(LengthScores.label(LengthScores.of(" a\u00a0b\tc\n", 0, 7))).isEqualTo("3");
    assertThat(LengthScores.label(LengthScores.of("a  ", 1, 3))).isEqualTo("0");
    assertThat(LengthScores.label(LengthScores.of("abc", 2, 1))).isEqualTo("0");
    for (int words : new int[] {6, 10, 11, 20, 21, 300}) {
      assertThat(LengthScores.label(LengthScores.of("w ".repeat(words), 0, 2 * words)))
          .isEqualTo(words <= 10 ? "6-10" : words <= 20 ? "11-20" : "21+");
    }
  }

  @Test
  void recallOfNestedMentions() {
    // Both New Yorks are inside the university; everything else is outermost.
    assertThat(tally().nesting())
        .containsExactly(new GroupRecall("outermost", 4, 2), new GroupRecall("nested", 2, 2));
  }

  @Test
  void crossingMentionsAndTwinsAreNotNested() {
    assertThat(
            EvaluationTally.nested(
                List.of(
                    new GoldSpan(0, 5, null),
                    new GoldSpan(3, 8, null),
                    new GoldSpan(0, 5, "X"),
                    new GoldSpan(3, 5, null),
                    new GoldSpan(7, 8, null),
                    new GoldSpan(8, 9, null))))
        .containsExactly(false, false, false, true, true, false);
  }

  @Test
  void theCurve() {
    List<CurvePoint> points = tally(0.5, 0.75, 0.9, 0.99).curve();
    assertThat(points)
        .containsExactly(
            new CurvePoint(0.5, new SpanScores(3, 3, 6)),
            new CurvePoint(0.75, new SpanScores(3, 1, 6)),
            // Scores must exceed the threshold.
            new CurvePoint(0.9, new SpanScores(1, 1, 6)),
            new CurvePoint(0.99, new SpanScores(0, 0, 6)));
  }

  @Test
  void theWorstMistakesInContext() {
    assertThat(tally().examples())
        .containsExactlyInAnyOrder(
            new EvaluationExample(
                Kind.MISSED,
                "university",
                4,
                26,
                "University of New York",
                null,
                "ORG",
                "The ",
                " hired Ada Lovelace."),
            // In code points: the astronaut before Marie is one.
            new EvaluationExample(
                Kind.MISSED, "paris", 2, 13, "Marie Curie", null, "PER", "👩 ", ", of Paris"),
            new EvaluationExample(
                Kind.SPURIOUS, "paris", 2, 7, "Marie", 0.99f, null, "👩 ", " Curie, of Paris"),
            new EvaluationExample(
                Kind.SPURIOUS,
                "university",
                27,
                32,
                "hired",
                0.7f,
                null,
                "The University of New York ",
                " Ada Lovelace."));
    assertThat(tally().examples().stream().map(EvaluationExample::score).toList())
        .containsExactly(null, null, 0.99f, 0.7f);
  }

  @Test
  void contextIsCutBetweenCharacters() {
    WorstExamples worst = new WorstExamples(Kind.MISSED, 1);
    String text = "👩".repeat(40) + "x" + "👩".repeat(40);
    worst.add("d", text, 80, 81, 0.25f, null);
    worst.add("d", "y" + text, 81, 82, 0.5f, null);
    EvaluationExample example = worst.list().get(0);
    assertThat(worst.list()).hasSize(1);
    assertThat(example.start()).isEqualTo(40);
    assertThat(example.before()).isEqualTo("👩".repeat(30));
    WorstExamples odd = new WorstExamples(Kind.MISSED, 1);
    odd.add("d", text + "yx" + text, 162, 163, 0.25f, null);
    assertThat(odd.list().get(0).before()).isEqualTo("👩".repeat(29) + "y");
  }

  @Test
  void documentsWithoutGoldAreLeftOutOnlyIfAsked() {
    GoldDocument empty = new GoldDocument("e", "Rome", List.of());
    assertThat(new EvaluationTally(new double[0], false, 0).wants(empty)).isFalse();
    EvaluationTally keeping = new EvaluationTally(new double[0], true, 0);
    assertThat(keeping.wants(empty)).isTrue();
    keeping.add(empty, found("Rome", mention("Rome", "Rome", 0.9f)));
    assertThat(keeping.scores()).isEqualTo(new SpanScores(0, 1, 0));
  }

  @Test
  void aDocumentThatFailedHasOnlyMisses() {
    EvaluationTally tally = new EvaluationTally(new double[] {0.5}, false, 1);
    tally.add(
        PARIS, MentionPredictions.byCharacters(List.of(), OptionalLong.empty(), "out of memory"));
    assertThat(tally.errors()).isEqualTo(1);
    assertThat(tally.scores()).isEqualTo(new SpanScores(0, 0, 2));
    assertThat(tally.candidateSpans()).isEmpty();
  }

  /** Tokens "New", " York", "ers": gold inside a token is the token; of two mentions one stays. */
  @Test
  void byTokensBoundariesInsideATokenDoNotMatter() {
    String text = "New Yorkers sing";
    TokenizedText tokens =
        TokenizedText.of(new int[4], new int[] {0, 3, 8, 12}, new int[] {3, 8, 11, 16});
    MentionPredictions found =
        MentionPredictions.byTokens(
            List.of(
                new Mention(0, 8, "New York", 0.6f),
                new Mention(0, 7, "New Yor", 0.9f),
                // In no token: blank between tokens, dropped by the tokenizer.
                new Mention(11, 16, " sing", 0.7f)),
            tokens,
            OptionalLong.of(10),
            null);
    assertThat(found.predictions())
        .containsExactly(
            new Prediction(new MatchKey(0, 1), 0, 7, 0.9f, null),
            new Prediction(null, 11, 16, 0.7f, null));
    EvaluationTally tally = new EvaluationTally(new double[0], false, 5);
    tally.add(
        new GoldDocument("d", text, List.of(new GoldSpan(1, 6, "LOC"), new GoldSpan(11, 16, null))),
        found);
    // The gold mention that begins in no token cannot be found, not even by its twin.
    assertThat(tally.scores()).isEqualTo(new SpanScores(1, 1, 2));
  }

  /** However documents are dealt to parts, sent elsewhere and added up. */
  @Property(tries = 50)
  void partsAddUp(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int parts)
      throws Exception {
    Random random = new Random(seed);
    EvaluationTally whole = new EvaluationTally(new double[] {0.2, 0.5, 0.8}, true, 4);
    List<EvaluationTally> dealt = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      dealt.add(new EvaluationTally(new double[] {0.2, 0.5, 0.8}, true, 4));
    }
    String text = "a b c d e f g h";
    for (int d = 0; d < 30; d++) {
      GoldDocument document =
          new GoldDocument(
              "d" + d,
              text,
              random
                  .ints(random.nextInt(4), 0, 7)
                  .mapToObj(i -> new GoldSpan(i, i + 3, i % 2 == 0 ? "X" : "Y"))
                  .toList());
      List<Mention> mentions =
          random
              .ints(random.nextInt(4), 0, 7)
              .distinct()
              .mapToObj(i -> new Mention(i, i + 3, text.substring(i, i + 3), i / 7f + 0.01f))
              .toList();
      EvaluationTally part = dealt.get(random.nextInt(parts));
      for (EvaluationTally tally : List.of(whole, part)) {
        tally.add(document, MentionPredictions.byCharacters(mentions, OptionalLong.of(d), null));
      }
    }
    EvaluationTally sum = new EvaluationTally(new double[] {0.2, 0.5, 0.8}, true, 4);
    for (EvaluationTally part : dealt) {
      sum.merge(sent(part));
    }
    assertThat(sum)
        .usingRecursiveComparison()
        .ignoringFields("missed", "spurious")
        .isEqualTo(whole);
    assertThat(sum.examples()).isEqualTo(whole.examples());
  }

  private static EvaluationTally sent(EvaluationTally tally)
      throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(tally);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (EvaluationTally) in.readObject();
    }
  }

  @Test
  void talliesOfDifferentCurvesDoNotAddUp() {
    assertThatThrownBy(() -> tally(0.5).merge(tally(0.6)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static GoldSpan span(String text, String mention, String type) {
    int start = text.indexOf(mention);
    return new GoldSpan(start, start + mention.length(), type);
  }

  private static Mention mention(String text, String mention, float score) {
    int start = text.indexOf(mention);
    return new Mention(start, start + mention.length(), mention, score);
  }

  private static MentionPredictions found(String text, Mention... mentions) {
    return MentionPredictions.byCharacters(
        List.of(mentions), OptionalLong.of(text == CURIE ? 5 : 15), null);
  }
}
