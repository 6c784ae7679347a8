package io.github.tommerspark.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OptionNamesTest {

  private static final String MESSAGE =
      "--max-tokens must be positive; use --overlap, ./submit.sh pull a--b, or allow it with --trust-backbone";

  @Test
  void pipelinesAndSqlCallOptionsByTheirOwnNames() {
    assertThat(OptionNames.camelCase(MESSAGE))
        .isEqualTo(
            "maxTokens must be positive; use overlap, ./submit.sh pull a--b, or allow it with the setting spark.tommer.trust-backbone=true of the session");
    assertThat(OptionNames.snakeCase(MESSAGE))
        .isEqualTo(
            "max_tokens must be positive; use overlap, ./submit.sh pull a--b, or allow it with the setting spark.tommer.trust-backbone=true of the session");
  }

  @Test
  void aFailureWithoutAMessageStaysOne() {
    assertThat(OptionNames.snakeCase(null)).isNull();
  }
}
