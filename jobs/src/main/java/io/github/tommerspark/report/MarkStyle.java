package io.github.tommerspark.report;

/**
 * The underline of a mention.
 *
 * @param css class in the style sheet
 * @param order among marks of the same place, from top to bottom
 */
public record MarkStyle(String css, int order) {

  /** Colours for models that the style sheet has; a page with more models repeats them. */
  static final int COLOURS = 9;

  /** Predicted, and of the gold data. */
  public static final MarkStyle HIT = new MarkStyle("hit", 0);

  /** Of the gold data, and not predicted. */
  public static final MarkStyle MISS = new MarkStyle("miss", 0);

  /** Predicted, but not of the gold data. */
  public static final MarkStyle SPURIOUS = new MarkStyle("spurious", 0);

  /**
   * The colour of a model.
   *
   * @param index of the model among those of its data, from 0
   */
  public static MarkStyle model(int index) {
    return new MarkStyle("c" + index % COLOURS, index);
  }
}
