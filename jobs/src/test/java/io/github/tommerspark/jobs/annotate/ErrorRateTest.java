package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorRateTest {

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "0, 10, 0", "1, 100, 0.01", "10, 10, 1", "0, 0, 1"})
  void upToTheRateAllIsWell(long errors, long rows, double most) {
    assertThatCode(() -> new ErrorRate(most).check(counts(errors, rows), "out"))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"1, 1000000, 0", "2, 199, 0.01", "10, 10, 0.99"})
  void aboveItTheJobFails(long errors, long rows, double most) {
    assertThatThrownBy(() -> new ErrorRate(most).check(counts(errors, rows), "out"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "Too many rows have an error: %,d of %,d, a share of ".formatted(errors, rows));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void aShareIsFromZeroToOne(double most) {
    assertThatThrownBy(() -> new ErrorRate(most)).isInstanceOf(IllegalArgumentException.class);
  }

  private static Provenance.Counts counts(long errors, long rows) {
    return new Provenance.Counts(rows, rows, 0L, errors, 0L, Map.of(), Map.of());
  }
}
