package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class ExcerptPropertyTest {

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
