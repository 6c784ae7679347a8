package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
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

  @Property
  void onlyTheMentionIsMarkedAndNothingButBlanksChanges(
      @ForAll("texts") String text, @ForAll @IntRange(max = 40) int a, @ForAll int b) {
    int length = text.codePointCount(0, text.length());
    int start = a % length;
    int end = start + 1 + Math.floorMod(b, length - start);
    String excerpt = Excerpt.of(text, start, end, length);

    assertThat(excerpt.split("\\[\\[", -1)).hasSize(2);
    assertThat(excerpt.split("]]", -1)).hasSize(2);
    int open = excerpt.indexOf("[[");
    int close = excerpt.indexOf("]]");
    int from = text.offsetByCodePoints(0, start);
    int to = text.offsetByCodePoints(0, end);
    assertThat(visible(excerpt.substring(0, open))).isEqualTo(visible(text.substring(0, from)));
    assertThat(visible(excerpt.substring(open + 2, close)))
        .isEqualTo(visible(text.substring(from, to)));
    assertThat(visible(excerpt.substring(close + 2))).isEqualTo(visible(text.substring(to)));
  }

  private static String visible(String text) {
    return text.replaceAll("\\s", "");
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("[", "]", "[[", "]]", " ", "\n", "a", "é", "👩🏽", "東")
        .list()
        .ofMinSize(1)
        .ofMaxSize(20)
        .map(parts -> String.join("", parts));
  }
}
