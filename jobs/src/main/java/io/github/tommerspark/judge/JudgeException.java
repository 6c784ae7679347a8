package io.github.tommerspark.judge;

/** The judge cannot be asked, or not any further; the message is one line without secrets. */
public final class JudgeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  JudgeException(String message) {
    super(message);
  }

  JudgeException(String message, Throwable cause) {
    super(message, cause);
  }
}
