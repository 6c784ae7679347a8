package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.tommerspark.judge.Precision.Tally;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrecisionTest {

  private static final double EXACT = 5e-5;

  @Test
  void wilson() {
    // Newcombe (1998), table I: 81/263, 15/148, 0/20, 1/29.
    assertInterval(Interval.wilson(81.0 / 263, 263), 0.2553, 0.3662);
    assertInterval(Interval.wilson(15.0 / 148, 148), 0.0624, 0.1605);
    assertInterval(Interval.wilson(0, 20), 0, 0.1611);
    assertInterval(Interval.wilson(1.0 / 29, 29), 0.0061, 0.1718);
    assertThatThrownBy(() -> Interval.wilson(0.5, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void unclearVerdictsCountForNothing() {
    Precision precision =
        Precision.of(
            List.of(
                Tally.of(List.of(Verdict.YES, Verdict.UNCLEAR, Verdict.YES)),
                Tally.of(List.of(Verdict.NO, Verdict.YES)),
                Tally.of(List.of(Verdict.UNCLEAR))));
    assertThat(precision.documents()).isEqualTo(3);
    assertThat(precision.mentions()).isEqualTo(6);
    assertThat(precision.yes()).isEqualTo(3);
    assertThat(precision.no()).isEqualTo(1);
    assertThat(precision.unclear()).isEqualTo(2);
    assertThat(precision.value()).isEqualTo(0.75);
    assertThat(precision.wilson()).isEqualTo(Interval.wilson(0.75, 4));
  }

  @Test
  void withoutVerdictsThereIsNoPrecision() {
    for (List<Tally> none : List.of(List.<Tally>of(), List.of(new Tally(0, 0, 3)))) {
      Precision precision = Precision.of(none);
      assertThat(precision.value()).isNull();
      assertThat(precision.wilson()).isNull();
      assertThat(precision.clustered()).isNull();
    }
  }

  @Test
  void oneDocumentSaysNothingAboutOthers() {
    assertThat(Precision.of(List.of(new Tally(8, 2, 0), new Tally(0, 0, 1))).clustered()).isNull();
  }

  @Test
  void mentionsThatAreAlikeWithinDocumentsCountAsOne() {
    // All of a document's five verdicts are the same, so each document tells as much as one
    // mention: residuals are 5 * 0.2 in eight documents and 5 * -0.8 in two.
    List<Tally> documents =
        List.of(
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(5, 0, 0),
            new Tally(0, 5, 0),
            new Tally(0, 5, 0));
    double variance = 10.0 / 9 * (8 * 1 + 2 * 16) / (50 * 50);
    double effect = variance / (0.8 * 0.2 / 50);
    Precision precision = Precision.of(documents);
    assertThat(effect).isCloseTo(5 * 10.0 / 9, within(1e-12));
    Interval expected = Interval.wilson(0.8, 50 / effect);
    assertThat(precision.clustered().low()).isCloseTo(expected.low(), within(1e-12));
    assertThat(precision.clustered().high()).isCloseTo(expected.high(), within(1e-12));
  }

  @Test
  void whenAllVerdictsAreTheSameADocumentCountsAsOneMention() {
    Precision precision = Precision.of(Collections.nCopies(20, new Tally(0, 4, 0)));
    assertThat(precision.wilson()).isEqualTo(Interval.wilson(0, 80));
    assertThat(precision.clustered()).isEqualTo(Interval.wilson(0, 20));
  }

  private static void assertInterval(Interval interval, double low, double high) {
    assertThat(interval.low()).isCloseTo(low, within(EXACT));
    assertThat(interval.high()).isCloseTo(high, within(EXACT));
  }
}
