package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordBoundariesTest {

  /** Places are marked by a bar in the text. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "|Warsaw; true",
        "Warsaw|; true",
        "War|saw; false",
        "in| Warsaw; true",
        "in |Warsaw; true",
        "7| May; true",
        "10|km; false",
        "Curie|'s; true",
        "self|-made; true",
        "snake|_case; true",
        "naïve|té; false",
        // A combining mark belongs to the letter before it.
        "e|\u0301tude; false",
        "e\u0301|tude; false",
        "e\u0301| t; true",
        // Scripts without spaces between words, and Korean with its particles.
        "東京|大学; true",
        "서울|에서; true",
        "กรุง|เทพ; true",
        "Москва|; true",
        "Мос|ква; false",
        "IBM|の; true",
        // A code point of two units.
        "\uD835|\uDC00; false",
        "\uD835\uDC00|x; false",
        "🎉|Party; true",
      })
  void areWhereNoWordIsCut(String marked, boolean boundary) {
    int at = marked.indexOf('|');
    String text = marked.replace("|", "");
    assertThat(WordBoundaries.isBoundary(text, at)).isEqualTo(boundary);
  }

  @Property
  void areAtBothEndsAndAroundSpaces(@ForAll String before, @ForAll String after) {
    assertThat(WordBoundaries.isBoundary(before, 0)).isTrue();
    assertThat(WordBoundaries.isBoundary(before, before.length())).isTrue();
    String text = before + " x " + after;
    assertThat(WordBoundaries.isBoundary(text, before.length() + 1)).isTrue();
    assertThat(WordBoundaries.isBoundary(text, before.length() + 2)).isTrue();
  }
}
