package io.github.tommerspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.cli.Highlighter.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

class HighlighterTest {

  private final Highlighter plain = new Highlighter(false);

  @Test
  void nestedMentionsOfTheSameStart() {
    assertThat(
            plain.highlight(
                "Bank of England", List.of(new Span(0, 4), new Span(0, 15), new Span(8, 15))))
        .isEqualTo("[[Bank] of [England]]");
  }

  @Test
  void crossingMentions() {
    assertThat(plain.highlight("abcdef", List.of(new Span(0, 4), new Span(2, 6))))
        .isEqualTo("[ab[cd]ef]");
  }

  @Test
  void offsetsAreCodePoints() {
    assertThat(plain.highlight("🗼 in 東京", List.of(new Span(0, 1), new Span(5, 7))))
        .isEqualTo("[🗼] in [東京]");
  }

  @Test
  void theTwoBracketsOfAMentionHaveOneColour() {
    String marked = new Highlighter(true).highlight("abc", List.of(new Span(0, 2), new Span(1, 3)));
    assertThat(marked)
        .isEqualTo(
            "\u001b[1;36m[\u001b[0ma\u001b[1;33m[\u001b[0mb\u001b[1;36m]\u001b[0mc\u001b[1;33m]\u001b[0m");
  }

  @Test
  void nothingToMark() {
    assertThat(plain.highlight("", List.of())).isEmpty();
    assertThat(plain.highlight("abc", List.of())).isEqualTo("abc");
  }
}
