package io.github.tommerspark.checkpoint;

import java.io.IOException;

/**
 * A file of a model is not what its format allows.
 *
 * <p>The message is one complete line that names the file, the offending value and, where there is
 * one, the remedy; it can be shown to a user as it is.
 */
public final class ModelFormatException extends IOException {

  private static final long serialVersionUID = 1L;

  /**
   * An exception with a complete message.
   *
   * @param message the line to show
   */
  public ModelFormatException(String message) {
    super(message);
  }

  /**
   * An exception with a complete message and what led to it.
   *
   * @param message the line to show
   * @param cause what was caught
   */
  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
