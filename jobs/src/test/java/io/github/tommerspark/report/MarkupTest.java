package io.github.tommerspark.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class MarkupTest {

  @Test
  void nestedMarksLieBelowWhatIsInsideThem() {
    Markup markup = Markup.of("Bank of England", List.of(mark(0, 15), mark(0, 4), mark(8, 15)));
    assertThat(shown(markup)).containsExactly("Bank[0 1]", " of [1]", "England[0 1]");
    assertThat(markup.lanes()).isEqualTo(2);
  }

  @Test
  void crossingMarksOverlapInTheMiddle() {
    Markup markup = Markup.of("abcdef", List.of(mark(0, 4), mark(2, 6)));
    assertThat(shown(markup)).containsExactly("ab[0]", "cd[0 1]", "ef[1]");
  }

  @Test
  void marksThatTouchTakeDifferentLanes() {
    assertThat(shown(Markup.of("abcd", List.of(mark(0, 2), mark(2, 4)))))
        .containsExactly("ab[0]", "cd[1]");
    assertThat(shown(Markup.of("ab cd", List.of(mark(0, 2), mark(3, 5)))))
        .containsExactly("ab[0]", " []", "cd[0]");
  }

  @Test
  void offsetsAreCodePoints() {
    assertThat(shown(Markup.of("🗼 in 東京", List.of(mark(0, 1), mark(5, 7)))))
        .containsExactly("🗼[0]", " in []", "東京[0]");
  }

  @Test
  void whatReachesBeyondTheTextIsCutAndWhatLiesBehindItIsLeftOut() {
    Markup markup = Markup.of("abc", List.of(mark(1, 9), mark(3, 5), mark(7, 8)));
    assertThat(shown(markup)).containsExactly("a[]", "bc[0]");
    assertThat(markup.hidden()).isZero();
  }

  @Test
  void theTooltipTellsAllMarksOverAPiece() {
    Mark llama = new Mark(0, 5, MarkStyle.model(0), "llama", 0.98765f, null);
    Mark neox = new Mark(0, 5, MarkStyle.model(1), "neox", 0.5f, "PER");
    assertThat(Markup.of("Marie", List.of(neox, llama)).pieces().get(0).title())
        .isEqualTo("llama 0.988: Marie\nneox 0.500 (PER): Marie");
  }

  @Test
  void theTooltipOfALongMentionIsShort() {
    assertThat(Markup.of("x".repeat(10_000), List.of(mark(0, 10_000))).pieces().get(0).title())
        .isEqualTo("model: " + "x".repeat(80) + "…");
  }

  @Test
  void moreMarksThanLanesAreCounted() {
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      marks.add(mark(0, 40 + i));
    }
    Markup markup = Markup.of("x".repeat(100), marks);
    assertThat(markup.lanes()).isEqualTo(Markup.MAX_LANES);
    assertThat(markup.hidden()).isEqualTo(30 - Markup.MAX_LANES);
  }

  @Test
  void emptyTextAndNoMarks() {
    assertThat(Markup.of("", List.of()).pieces()).isEmpty();
    assertThat(shown(Markup.of("abc", List.of()))).containsExactly("abc[]");
    assertThatThrownBy(() -> mark(3, 3))
        .hasMessage("A mention must have 0 <= start < end: start=3, end=3");
  }

  @Property(tries = 300)
  void piecesAreTheTextAndEveryMarkCoversItsPart(@ForAll("marks") List<Mark> marks) {
    String text = "ab🗼d efgh ijkl mn";
    int[] codePoints = text.codePoints().toArray();
    Markup markup = Markup.of(text, marks);
    assertThat(markup.pieces().stream().map(Markup.Piece::text).collect(Collectors.joining()))
        .isEqualTo(text);
    int at = 0;
    for (Markup.Piece piece : markup.pieces()) {
      int to = at + piece.text().codePointCount(0, piece.text().length());
      int from = at;
      long over = marks.stream().filter(m -> m.start() <= from && to <= m.end()).count();
      long partly = marks.stream().filter(m -> m.start() < to && from < m.end()).count();
      assertThat(piece.lines()).doesNotHaveDuplicates();
      // A hidden mark has no line, so the text is not cut where it begins and ends.
      assertThat(piece.lines()).hasSizeLessThanOrEqualTo((int) over);
      if (markup.hidden() == 0) {
        assertThat(over).isEqualTo(partly);
        assertThat(piece.lines()).hasSize((int) over);
      }
      at = to;
    }
    assertThat(at).isEqualTo(codePoints.length);
  }

  @Test
  void hiddenMarksDoNotCutTheText() {
    List<Mark> marks = new ArrayList<>(Collections.nCopies(Markup.MAX_LANES, mark(0, 4)));
    marks.add(mark(2, 8));
    Markup markup = Markup.of("abcdefgh", marks);
    assertThat(markup.hidden()).isEqualTo(1);
    assertThat(markup.pieces()).extracting(Markup.Piece::text).containsExactly("abcd", "efgh");
  }

  @Provide
  Arbitrary<List<Mark>> marks() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 15), Arbitraries.integers().between(1, 8))
        .as((start, length) -> mark(start, Math.min(17, start + length)))
        .list()
        .ofMaxSize(30);
  }

  private static Mark mark(int start, int end) {
    return new Mark(start, end, MarkStyle.model(0), "model", null, null);
  }

  /** Pieces with their lanes. */
  private static List<String> shown(Markup markup) {
    return markup.pieces().stream()
        .map(
            piece ->
                piece.text()
                    + piece.lines().stream()
                        .map(line -> line.split(" ")[1].substring(1))
                        .collect(Collectors.joining(" ", "[", "]")))
        .toList();
  }
}
