package io.github.tommerspark.detect;

import java.util.List;

/**
 * The mentions of one text, by every model of a {@link MentionDetector}.
 *
 * @param hasText whether there was anything to read: false for a null, empty or blank text, which
 *     is no error and has no mentions
 * @param results one per model, in the detector's order
 */
public record DocumentMentions(boolean hasText, List<ModelResult> results) {

  /**
   * The mentions of one model.
   *
   * @param mentions sorted by (start, end), without two of the same characters; empty on error
   * @param error null when fine, else what went wrong, in one line
   * @param tokens tokens of the text itself: no specials, window overlaps counted once
   * @param windows windows the text was cut into; 1 for a text that fits, 0 without text
   */
  public record ModelResult(List<Mention> mentions, String error, int tokens, int windows) {}
}
