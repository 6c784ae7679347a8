package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "It names a city.\\nyes | YES",
        "It is a fragment. No. | NO",
        "**Yes** | YES",
        "Answer: \"YES\"! | YES",
        "no | NO",
        "(no)\\n\\n | NO",
        "Yes, it is a city in Austria. | UNCLEAR",
        "This is unknown | UNCLEAR",
        "A night at the casino | UNCLEAR",
        "He said: eyes | UNCLEAR",
        "yes or no? | UNCLEAR",
        "I cannot tell. | UNCLEAR",
        "The town of nó | UNCLEAR",
        "'' | UNCLEAR"
      })
  void isTheWordAtTheEnd(String answer, Verdict verdict) {
    assertThat(Verdict.of(answer.replace("\\n", "\n"))).isEqualTo(verdict);
  }
}
