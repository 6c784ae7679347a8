package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordingsTest {

  @ParameterizedTest
  @CsvSource({
    "person, people, a person",
    "city, cities, a city",
    "play, plays, a play",
    "political party, political parties, a political party",
    "address, addresses, an address",
    "academic branch, academic branches, an academic branch",
    "field of study, fields of study, a field of study",
    "television series, television series, a television series",
    "y, ys, a y"
  })
  void aLabelIsSaidInThreeWays(String name, String plural, String withArticle) {
    assertThat(Wordings.of(name)).containsExactly(name, plural, withArticle);
  }
}
