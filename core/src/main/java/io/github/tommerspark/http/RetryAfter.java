package io.github.tommerspark.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** The header by which a server says when to come back. */
public final class RetryAfter {

  private RetryAfter() {}

  /**
   * Reads the header: seconds, or a date.
   *
   * @param value of the header; "" if it is missing
   * @param now the time of day
   * @return the wait, from 0; empty if the value is none
   */
  public static Optional<Duration> parse(String value, Instant now) {
    String stripped = value.strip();
    if (stripped.matches("[0-9]{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(stripped)));
    }
    try {
      Instant date =
          ZonedDateTime.parse(stripped, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration until = Duration.between(now, date);
      return Optional.of(until.isNegative() ? Duration.ZERO : until);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
