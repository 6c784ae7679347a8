package io.github.tommerspark.decode;

import static io.github.tommerspark.decode.Span.decode;
import static io.github.tommerspark.decode.Span.span;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each decoder does, on spans small enough to follow by hand. */
class DecoderTest {

  // "the University of New York City": tokens 0 to 5.
  private static final Span UNIVERSITY = span(1, 4, 0.9);
  private static final Span NEW_YORK = span(3, 4, 0.8);
  private static final Span NEW_YORK_CITY = span(3, 5, 0.7);
  private static final Span CITY = span(5, 5, 0.6);
  private static final List<Span> PHRASE = List.of(CITY, NEW_YORK_CITY, NEW_YORK, UNIVERSITY);

  @Nested
  class Threshold {

    @Test
    void keepsEverySpanAboveTheThresholdSortedByPosition() {
      assertThat(decode(Decoder.THRESHOLD, PHRASE, 0.65))
          .containsExactly(UNIVERSITY, NEW_YORK, NEW_YORK_CITY);
    }

    @Test
    void scoreEqualToTheThresholdIsNotEnough() {
      assertThat(decode(Decoder.THRESHOLD, List.of(span(0, 0, 0.5)), 0.5)).isEmpty();
    }

    @Test
    void comparesInSinglePrecision() {
      // As a float, 0.05 is a little more than 0.05.
      List<Span> tie = List.of(span(0, 0, 0.05));
      assertThat(decode(Decoder.THRESHOLD, tie, 0.05)).isEmpty();
      assertThat(decode(Decoder.LINE_COL_GREEDY, tie, 0.05)).isEmpty();
      assertThat(decode(Decoder.GREEDY, tie, 0.05)).isEqualTo(tie);
    }
  }

  @Nested
  class Ranked {

    /** The shorter, the better. */
    private static final Ranking SHORTEST = (start, end, score) -> 1f / (end - start + 1);

    private static Candidates phrase() {
      return Span.candidates(PHRASE);
    }

    @Test
    void choosesByOtherNumbersAndKeepsTheScores() {
      Candidates kept = Decoder.GREEDY.decode(phrase(), 0.5, SHORTEST);
      assertThat(kept.size()).isEqualTo(2);
      assertThat(kept.start(0)).isEqualTo(3);
      assertThat(kept.score(0)).isEqualTo(0.8f);
      assertThat(kept.start(1)).isEqualTo(5);
      assertThat(kept.score(1)).isEqualTo(0.6f);
    }

    @Test
    void whatDoesNotPassTheThresholdIsNotChosen() {
      Candidates kept = Decoder.FLAT.decode(phrase(), 0.65, SHORTEST);
      assertThat(kept.size()).isEqualTo(1);
      assertThat(kept.end(0)).isEqualTo(4);
      assertThat(kept.score(0)).isEqualTo(0.8f);
    }

    @ParameterizedTest
    @EnumSource(Decoder.class)
    void scoresAreWhatIsRankedByOtherwise(Decoder decoder) {
      assertThat(decoder.decode(phrase(), 0.5, Ranking.BY_SCORE))
          .isEqualTo(decoder.decode(phrase(), 0.5));
    }
  }

  @Nested
  class Greedy {

    @Test
    void keepsTheBestOfOverlappingSpansAndAdjacentOnes() {
      assertThat(decode(Decoder.GREEDY, PHRASE, 0.5)).containsExactly(UNIVERSITY, CITY);
    }

    @Test
    void oneSharedTokenIsAnOverlap() {
      assertThat(decode(Decoder.GREEDY, List.of(span(0, 2, 0.6), span(2, 4, 0.7)), 0.5))
          .containsExactly(span(2, 4, 0.7));
    }

    @Test
    void bestScoreWinsOverTwoThatSumToMore() {
      assertThat(
              decode(
                  Decoder.GREEDY, List.of(span(0, 1, 0.8), span(1, 2, 0.9), span(2, 3, 0.8)), 0.5))
          .containsExactly(span(1, 2, 0.9));
    }

    @Test
    void tiesGoToTheLongerThenToTheFirst() {
      assertThat(decode(Decoder.GREEDY, List.of(span(0, 0, 0.75), span(0, 1, 0.75)), 0.5))
          .containsExactly(span(0, 1, 0.75));
      assertThat(decode(Decoder.GREEDY, List.of(span(1, 2, 0.75), span(0, 1, 0.75)), 0.5))
          .containsExactly(span(0, 1, 0.75));
    }
  }

  @Nested
  class Flat {

    @Test
    void twoThatSumToMoreWinOverTheBestScore() {
      assertThat(
              decode(Decoder.FLAT, List.of(span(0, 1, 0.8), span(1, 2, 0.9), span(2, 3, 0.8)), 0.5))
          .containsExactly(span(0, 1, 0.8), span(2, 3, 0.8));
    }

    @Test
    void adjacentSpansDoNotOverlap() {
      assertThat(decode(Decoder.FLAT, PHRASE, 0.5)).containsExactly(UNIVERSITY, CITY);
    }

    @Test
    void equalSumsLeaveOutTheLastSpan() {
      assertThat(decode(Decoder.FLAT, List.of(span(1, 2, 0.75), span(0, 1, 0.75)), 0.5))
          .containsExactly(span(0, 1, 0.75));
    }
  }

  @Nested
  class GreedyNested {

    @Test
    void keepsContainedSpansAndDropsCrossingOnes() {
      // New York City shares "New York" with the university and reaches beyond it.
      assertThat(decode(Decoder.GREEDY_NESTED, PHRASE, 0.5))
          .containsExactly(UNIVERSITY, NEW_YORK, CITY);
    }

    @Test
    void containerMayComeAfterItsContent() {
      List<Span> spans = List.of(span(0, 5, 0.6), span(1, 2, 0.9), span(3, 5, 0.8));
      assertThat(decode(Decoder.GREEDY_NESTED, spans, 0.5)).isEqualTo(spans);
    }

    @Test
    void commonStartOrEndIsNesting() {
      List<Span> spans = List.of(span(0, 1, 0.7), span(0, 3, 0.9), span(2, 3, 0.8));
      assertThat(decode(Decoder.GREEDY_NESTED, spans, 0.5)).isEqualTo(spans);
    }

    @Test
    void crossingOnEitherSideIsDropped() {
      assertThat(
              decode(
                  Decoder.GREEDY_NESTED,
                  List.of(span(0, 2, 0.6), span(2, 4, 0.9), span(4, 6, 0.7)),
                  0.5))
          .containsExactly(span(2, 4, 0.9));
    }
  }

  @Nested
  class WellNested {

    @Test
    void nestsStrictlyInsideOnly() {
      // New York ends on the last token of the university, so only one of them can be kept.
      assertThat(decode(Decoder.WELL_NESTED, PHRASE, 0.5)).containsExactly(UNIVERSITY, CITY);
      assertThat(decode(Decoder.WELL_NESTED, List.of(span(0, 3, 0.6), span(1, 2, 0.9)), 0.5))
          .containsExactly(span(0, 3, 0.6), span(1, 2, 0.9));
    }

    @Test
    void twoThatSumToMoreWinOverTheBestScore() {
      assertThat(
              decode(
                  Decoder.WELL_NESTED,
                  List.of(span(0, 1, 0.8), span(1, 2, 0.9), span(2, 3, 0.8)),
                  0.5))
          .containsExactly(span(0, 1, 0.8), span(2, 3, 0.8));
    }

    @Test
    void scoreEqualToTheThresholdIsEnough() {
      assertThat(decode(Decoder.WELL_NESTED, List.of(span(0, 0, 0.5)), 0.5))
          .containsExactly(span(0, 0, 0.5));
    }

    @Test
    void equalSumsPreferTheLaterStartThenTheShorterSpan() {
      assertThat(decode(Decoder.WELL_NESTED, List.of(span(0, 1, 0.75), span(1, 2, 0.75)), 0.5))
          .containsExactly(span(1, 2, 0.75));
      assertThat(decode(Decoder.WELL_NESTED, List.of(span(0, 2, 0.75), span(0, 1, 0.75)), 0.5))
          .containsExactly(span(0, 1, 0.75));
    }
  }

  @Nested
  class LineColumnGreedy {

    @Test
    void keepsTheBestEndOfAStartThenTheBestStartOfAnEnd() {
      // Start 3 prefers New York to New York City; end 4 then prefers the university to New York.
      assertThat(decode(Decoder.LINE_COL_GREEDY, PHRASE, 0.5)).containsExactly(UNIVERSITY, CITY);
    }

    @Test
    void spansMayCross() {
      List<Span> spans = List.of(span(0, 2, 0.9), span(1, 3, 0.8));
      assertThat(decode(Decoder.LINE_COL_GREEDY, spans, 0.5)).isEqualTo(spans);
    }

    @Test
    void tiesGoToTheSmallestEndThenToTheSmallestStart() {
      assertThat(decode(Decoder.LINE_COL_GREEDY, List.of(span(0, 2, 0.75), span(0, 1, 0.75)), 0.5))
          .containsExactly(span(0, 1, 0.75));
      assertThat(decode(Decoder.LINE_COL_GREEDY, List.of(span(1, 2, 0.75), span(0, 2, 0.75)), 0.5))
          .containsExactly(span(0, 2, 0.75));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingGivesNothing(Decoder decoder) {
    assertThat(decode(decoder, List.of(), 0.5)).isEmpty();
    assertThat(decode(decoder, PHRASE, 0.95)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void singleSpanIsAMention(Decoder decoder) {
    assertThat(decode(decoder, List.of(span(7, 7, 0.9)), 0.5)).containsExactly(span(7, 7, 0.9));
  }

  @ParameterizedTest
  @EnumSource
  void ignoresReversedSpansAndScoresThatAreNotNumbers(Decoder decoder) {
    List<Span> spans = List.of(span(4, 2, 0.9), span(2, 4, Double.NaN), span(3, 3, 0.75));
    assertThat(decode(decoder, spans, 0.5)).containsExactly(span(3, 3, 0.75));
  }

  @ParameterizedTest
  @EnumSource
  void sameSpanGivenTwiceIsOneMentionWithTheBestScore(Decoder decoder) {
    List<Span> spans = List.of(span(1, 2, 0.75), span(1, 2, 0.875), span(1, 2, 0.625));
    assertThat(decode(decoder, spans, 0.5)).containsExactly(span(1, 2, 0.875));
  }

  @ParameterizedTest
  @EnumSource
  void candidatesAreNotModified(Decoder decoder) {
    Candidates candidates = Span.candidates(PHRASE);
    decoder.decode(candidates, 0.65);
    assertThat(Span.list(candidates)).isEqualTo(PHRASE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.5, Double.NaN})
  void thresholdThatIsNoProbabilityIsRefused(double threshold) {
    assertThatThrownBy(() -> decode(Decoder.GREEDY, PHRASE, threshold))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(String.valueOf(threshold));
  }

  @Test
  void labelsAreTheNamesInOptions() {
    assertThat(Decoder.values())
        .extracting(Decoder::label)
        .containsExactly(
            "threshold", "greedy", "flat", "greedy_nested", "well_nested", "line_col_greedy");
  }

  @ParameterizedTest
  @EnumSource
  void labelsAreParsed(Decoder decoder) {
    assertThat(Decoder.parse(decoder.label())).isSameAs(decoder);
  }

  @Test
  void unknownLabelIsRefusedWithAllThatExist() {
    assertThatThrownBy(() -> Decoder.parse("beam"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot find decoder \"beam\": it must be one of threshold, greedy, flat, greedy_nested,"
                + " well_nested, line_col_greedy");
  }
}
