package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTallyTest {

  @Test
  void weightsArePoissonWithMeanOne() {
    int[] weights = new int[200_000];
    DocumentWeights.fill(1, "a document", weights);
    int[] seen = new int[20];
    long sum = 0;
    for (int weight : weights) {
      seen[weight]++;
      sum += weight;
    }
    // Five standard errors of 200,000 draws.
    assertThat((double) sum / weights.length).isCloseTo(1, within(0.012));
    assertThat((double) seen[0] / weights.length).isCloseTo(Math.exp(-1), within(0.006));
    assertThat((double) seen[1] / weights.length).isCloseTo(Math.exp(-1), within(0.006));
    assertThat((double) seen[2] / weights.length).isCloseTo(Math.exp(-1) / 2, within(0.005));
    assertThat((double) seen[3] / weights.length).isCloseTo(Math.exp(-1) / 6, within(0.003));
  }

  @Test
  void weightsOfDocumentsReplicatesAndSeedsAreTheirOwn() {
    int[] first = new int[100];
    int[] again = new int[100];
    int[] otherDocument = new int[100];
    int[] otherSeed = new int[100];
    DocumentWeights.fill(1, "a", first);
    DocumentWeights.fill(1, "a", again);
    DocumentWeights.fill(1, "b", otherDocument);
    DocumentWeights.fill(2, "a", otherSeed);
    assertThat(again).isEqualTo(first);
    assertThat(otherDocument).isNotEqualTo(first);
    assertThat(otherSeed).isNotEqualTo(first);
  }

  @Test
  void theIntervalHasTheWidthThatTheoryGives() {
    // Half of 2,000 documents have a mention of both, half one of each model: DICE 0.5, and by the
    // central limit theorem a standard error of 0.5 / sqrt(2000).
    AgreementTally tally = new AgreementTally(2, 2000, 3);
    SpanSet here = SpanSet.of(List.of(span(0, 1)));
    SpanSet there = SpanSet.of(List.of(span(5, 6)));
    for (int d = 0; d < 2000; d++) {
      tally.add("doc" + d, List.of(here, d % 2 == 0 ? here : there));
    }
    PairAgreement pair = tally.pairs().get(0);
    double expected = 1.96 * 0.5 / Math.sqrt(2000);
    assertThat(pair.dice()).isEqualTo(0.5);
    assertThat(pair.interval().low()).isCloseTo(0.5 - expected, within(0.15 * expected));
    assertThat(pair.interval().high()).isCloseTo(0.5 + expected, within(0.15 * expected));
  }

  @Test
  void withoutReplicatesThereIsNoInterval() {
    AgreementTally tally = new AgreementTally(2, 0, 0);
    tally.add("one", List.of(SpanSet.of(List.of(span(0, 1))), SpanSet.EMPTY));
    assertThat(tally.pairs().get(0).interval()).isNull();
  }

  @Test
  void whatIsNotKnownIsNotMadeUp() {
    SpanSet without =
        SpanSet.of(List.of(new SpanSet.Span(0, 1, 1, SpanSet.UNKNOWN, SpanSet.UNKNOWN, null)));
    AgreementTally tally = new AgreementTally(2, 0, 0);
    tally.add("one", List.of(without, SpanSet.of(List.of(span(0, 1)))));
    assertThat(tally.hasLengths()).isFalse();
    assertThat(tally.hasLastWords()).isFalse();
    assertThat(tally.byLength()).isEmpty();
    assertThat(tally.pairs().get(0).sameLastWordDice()).isNaN();
    assertThat(tally.pairs().get(0).sameEndDice()).isEqualTo(1);
  }

  @Test
  void labelsOfCommonMentionsAreCompared() {
    AgreementTally tally = new AgreementTally(3, 0, 0);
    SpanSet a =
        SpanSet.of(
            List.of(span(0, 1, "x"), span(2, 3, "y"), span(4, 5, null), span(6, 7, "x")), true);
    SpanSet b = SpanSet.of(List.of(span(0, 1, "x"), span(2, 3, null), span(9, 10, "y")), true);
    SpanSet unlabelled = SpanSet.of(List.of(span(0, 1), span(2, 3)));
    tally.add("one", List.of(a, b, unlabelled));
    tally.add("two", List.of(a, SpanSet.EMPTY, unlabelled));
    List<PairAgreement> pairs = tally.pairs();
    // po = 1/2; pe = 1/4 for x.
    assertThat(pairs.get(0).labels())
        .isEqualTo(
            new LabelAgreement(
                2,
                1,
                1 - 2 / 3.0,
                List.of(
                    new LabelAgreement.ByLabel("x", 1, 1, 1, 1),
                    new LabelAgreement.ByLabel("y", 1, 0, 0, 0),
                    new LabelAgreement.ByLabel(null, 0, 1, 0, 0))));
    assertThat(pairs.get(1).labels()).isNull();
    assertThat(pairs.get(2).labels()).isNull();
    assertThat(tally.hasTooManyLabels()).isFalse();
  }

  @Test
  void curvesBeginWhereScoresDo() {
    AgreementTally tally = new AgreementTally(2, 0, 0);
    tally.add(
        "one",
        List.of(
            SpanSet.of(List.of(new SpanSet.Span(0, 1, 0.52f, 1, 0, null))),
            SpanSet.of(List.of(new SpanSet.Span(0, 1, 0.545f, 1, 0, null)))));
    // 0.52 is not above 0.52.
    assertThat(tally.byThreshold()).containsOnlyKeys(0.51, 0.52, 0.53, 0.54);
    assertThat(tally.byThreshold().get(0.51))
        .containsExactly(new PairAgreement.Part(0, 1, 1, 1, 1));
    assertThat(tally.byThreshold().get(0.52))
        .containsExactly(new PairAgreement.Part(0, 1, 0, 1, 0));
  }

  @Test
  void longMentionsAreGrouped() {
    assertThat(
            List.of(0, 1, 5, 6, 10, 11, 20, 21, 400).stream()
                .map(w -> LengthGroup.label(LengthGroup.of(w))))
        .containsExactly("0", "1", "5", "6-10", "6-10", "11-20", "11-20", "21+", "21+");
  }

  @Test
  void wordsAreCountedInCodePoints() {
    TextWords words = TextWords.of(" 👩‍🔬 is\u00a0Ada\u2028Lovelace.\n");
    assertThat(words.count()).isEqualTo(4);
    // The emoji is three code points; the full stop belongs to the name.
    assertThat(words.lastBefore(0)).isEqualTo(-1);
    assertThat(words.lastBefore(1)).isEqualTo(-1);
    assertThat(words.lastBefore(4)).isEqualTo(1);
    assertThat(words.lastBefore(7)).isEqualTo(5);
    assertThat(words.lastBefore(20)).isEqualTo(12);
    assertThat(words.lastBefore(21)).isEqualTo(12);
    assertThat(TextWords.of("").lastBefore(3)).isEqualTo(-1);
  }

  @Test
  void setsSurviveTheJourney() throws IOException {
    SpanSet set =
        SpanSet.of(
            List.of(
                span(3, 9),
                new SpanSet.Span(0, 2, 0.75f, 1, SpanSet.UNKNOWN, "東京"),
                new SpanSet.Span(5, 0, 0.5f, 0, -1, "")));
    SpanSet labelled = SpanSet.of(List.of(span(3, 9, "場所"), span(4, 9, null)), true);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    set.write(new DataOutputStream(bytes));
    labelled.write(new DataOutputStream(bytes));
    SpanSet.EMPTY.write(new DataOutputStream(bytes));
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
    assertThat(SpanSet.read(in)).isEqualTo(set);
    assertThat(SpanSet.read(in)).isEqualTo(labelled).matches(SpanSet::isLabelled);
    assertThat(SpanSet.read(in)).isSameAs(SpanSet.EMPTY);
    assertThat(in.available()).isZero();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    AgreementTally tally = new AgreementTally(2, 0, 0);
    assertThatThrownBy(() -> tally.add("x", List.of(SpanSet.EMPTY)))
        .hasMessage("Cannot count the document x: 1 sets of spans for 2 models");
    assertThatThrownBy(() -> tally.merge(new AgreementTally(2, 0, 1)))
        .hasMessage("Cannot merge tallies of different settings");
    assertThatThrownBy(() -> new AgreementTally(0, 0, 1))
        .hasMessage("Cannot compare 0 models with 0 replicates");
  }

  private static SpanSet.Span span(int start, int end) {
    return new SpanSet.Span(start, end, 0.5f, 1, start, null);
  }

  private static SpanSet.Span span(int start, int end, String label) {
    return new SpanSet.Span(start, end, 0.5f, 1, start, null, label);
  }
}
