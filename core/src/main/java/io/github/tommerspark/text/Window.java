package io.github.tommerspark.text;

/**
 * A stretch of a document that goes through the model as one sequence.
 *
 * <p>All four numbers count content tokens of the document, from 0, half-open. Mentions belong to
 * the window that owns their last token, so every mention is reported once.
 *
 * @param from the first token that is run through the model
 * @param to the token after the last one that is run
 * @param ownFrom the first token whose mentions, those that end on it, this window reports
 * @param ownTo the token after the last one whose mentions this window reports
 */
public record Window(int from, int to, int ownFrom, int ownTo) {

  /** Checks that the owned tokens lie inside. */
  public Window {
    if (from < 0 || ownFrom < from || ownTo < ownFrom || to < ownTo) {
      throw new IllegalArgumentException(
          "Cannot make a window of tokens ["
              + from
              + ", "
              + to
              + ") that owns ["
              + ownFrom
              + ", "
              + ownTo
              + ")");
    }
  }

  /**
   * The number of content tokens that are run through the model.
   *
   * @return to − from
   */
  public int size() {
    return to - from;
  }

  /**
   * Returns whether this window reports the mentions that end on a token.
   *
   * @param end a content token of the document
   * @return true if the token is owned
   */
  public boolean owns(int end) {
    return ownFrom <= end && end < ownTo;
  }
}
