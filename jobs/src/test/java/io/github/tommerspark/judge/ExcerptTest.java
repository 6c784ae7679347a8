package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ExcerptTest {

  @Test
  void showsThirtyCharactersOnEitherSide() {
    String text = "abcdefghij".repeat(4) + "Vienna" + "klmnopqrst".repeat(4);
    assertThat(Excerpt.of(text, 40, 46, 30))
        .isEqualTo("…" + "abcdefghij".repeat(3) + "[[Vienna]]" + "klmnopqrst".repeat(3) + "…");
  }

  @Test
  void atTheEdgesThereIsNoEllipsis() {
    assertThat(Excerpt.of("Vienna", 0, 6, 30)).isEqualTo("[[Vienna]]");
    assertThat(Excerpt.of("In Vienna", 3, 9, 30)).isEqualTo("In [[Vienna]]");
    assertThat(Excerpt.of("Vienna is", 0, 6, 30)).isEqualTo("[[Vienna]] is");
    assertThat(Excerpt.of("a Vienna b", 2, 8, 0)).isEqualTo("…[[Vienna]]…");
    assertThat(Excerpt.of("a Vienna b", 2, 8, Integer.MAX_VALUE)).isEqualTo("a [[Vienna]] b");
  }

  @Test
  void countsCodePoints() {
    assertThat(Excerpt.of("👩🏽🔬 saw 🗼Tokyo🗼 🇯🇵!", 9, 14, 2)).isEqualTo("… 🗼[[Tokyo]]🗼 …");
    assertThat(Excerpt.of("👩🏽🔬 saw", 0, 3, 2)).isEqualTo("[[👩🏽🔬]] s…");
  }

  @Test
  void bracketsOfTheTextDoNotLookLikeOurs() {
    assertThat(Excerpt.of("see [[x]] and [[[y]]]", 14, 21, 30))
        .isEqualTo("see [ [x] ] and [[ [ [ [y] ] ] ]]");
    assertThat(Excerpt.of("[a]", 1, 2, 30)).isEqualTo("[ [[a]] ]");
    assertThat(Excerpt.of("][", 0, 1, 30)).isEqualTo("[[] ]][");
  }

  @Test
  void isOneLine() {
    assertThat(Excerpt.of("one\r\n\n two\u0000\u001b[0m\u00a0three", 7, 10, 30))
        .isEqualTo("one [[two]] [0m three");
    assertThat(Excerpt.of("lone \ud83d here", 0, 4, 30)).isEqualTo("[[lone]] \ufffd here");
  }

  @Test
  void aMentionOutsideTheTextIsRefused() {
    assertThatThrownBy(() -> Excerpt.of("short", 2, 9, 30))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
