package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import java.util.Locale;

/**
 * The share of rows with an error that a job puts up with.
 *
 * <p>Errors only: a row without text is no error.
 *
 * @param most from 0, where a single error is too many, to 1, where none is
 */
record ErrorRate(double most) {

  ErrorRate {
    if (!(most >= 0 && most <= 1)) {
      throw new IllegalArgumentException(
          "--max-error-rate must be a share from 0 to 1, such as 0.01, but is " + most);
    }
  }

  /**
   * Looks at what a job has written; to be called when all of it is.
   *
   * @param counts of what this run added
   * @param output where that is, for the message
   * @throws UserException if too many rows have an error
   */
  void check(Provenance.Counts counts, String output) {
    if (counts.errorRows() > most * counts.rowsWritten()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Too many rows have an error: %,d of %,d, a share of %.4g, and --max-error-rate is %s; all rows were written to %s, where the column error says what is wrong",
              counts.errorRows(),
              counts.rowsWritten(),
              (double) counts.errorRows() / counts.rowsWritten(),
              most,
              output));
    }
  }
}
