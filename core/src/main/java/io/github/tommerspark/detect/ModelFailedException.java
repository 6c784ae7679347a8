package io.github.tommerspark.detect;

/**
 * Thrown where a model fails whatever it reads: no text could be blamed for that. The message names
 * the model and what to do.
 */
public final class ModelFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ModelFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
