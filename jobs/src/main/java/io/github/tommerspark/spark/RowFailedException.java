package io.github.tommerspark.spark;

/** Ends a job that was asked to stop at the first row with an error. */
public final class RowFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RowFailedException(String message) {
    super(message);
  }
}
