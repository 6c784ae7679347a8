package io.github.tommerspark.spark;

/** Ends a task whose input file cannot be read to its end; the message names the file. */
public final class InputFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  InputFailedException(String message) {
    super(message);
  }
}
