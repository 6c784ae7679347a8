package io.github.tommerspark.message;

import org.jspecify.annotations.Nullable;

/** A failure that the user can do something about; its message is one line that says what. */
public final class UserException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Without a cause.
   *
   * @param message what failed and what to do about it
   */
  public UserException(String message) {
    super(message);
  }

  /**
   * With the failure behind it.
   *
   * @param message what failed and what to do about it
   * @param cause shown in logs only
   */
  public UserException(@Nullable String message, Throwable cause) {
    super(message, cause);
  }
}
