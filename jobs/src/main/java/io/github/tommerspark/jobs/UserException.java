package io.github.tommerspark.jobs;

/** A failure that the user can do something about; its message is one line that says what. */
final class UserException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UserException(String message) {
    super(message);
  }

  UserException(String message, Throwable cause) {
    super(message, cause);
  }
}
