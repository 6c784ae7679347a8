package io.github.tommerspark.hub;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that failed in a way that may pass. */
final class PassingException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient @Nullable Duration retryAfter;

  /**
   * A failure after which a server says when to come back.
   *
   * @param retryAfter the wait that it asks for; null if it asks for none
   */
  PassingException(String message, @Nullable Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** A failure of which nobody says how long it lasts. */
  PassingException(String message) {
    this(message, null);
  }

  /** The wait that the server asks for; empty if it asks for none. */
  Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
