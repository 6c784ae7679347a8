package io.github.tommerspark.spark;

import io.github.tommerspark.message.OptionNames;

/** Ends a job or query at the first row with an error. */
public final class RowFailedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private RowFailedException(String why, String error, String text) {
    super(
        "A row failed and %s: %s%s"
            .formatted(why, error, text == null ? "" : " (text: %s)".formatted(Excerpt.of(text))));
  }

  /** Of a job that was asked to stop there. */
  static RowFailedException failFast(String error, String text) {
    return new RowFailedException("--fail-fast is set", error, text);
  }

  /** Of a stage of a pipeline that has no column to say so in. */
  static RowFailedException inStage(String error, String text) {
    return new RowFailedException(
        "there is no errorCol to write the reason to", OptionNames.camelCase(error), text);
  }

  /**
   * Of a query.
   *
   * @param model that cannot read the text
   * @param error why
   * @param text of the row
   */
  public static RowFailedException inQuery(String model, String error, String text) {
    return new RowFailedException(
        "the option on_error of mentions is not 'null'",
        model + ": " + OptionNames.snakeCase(error),
        text);
  }
}
