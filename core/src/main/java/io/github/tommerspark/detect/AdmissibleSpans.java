package io.github.tommerspark.detect;

import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.text.Window;
import java.util.List;

/**
 * The number of spans that a head scores in a text: the cells that its mask admits, as the
 * published code counts them ({@code total_spans} in {@code models/model.py}) at batch size 1.
 *
 * <p>Special tokens count as tokens there, the first token of a sequence starts no span, and a head
 * that is not causal also scores cells whose end comes before their start.
 */
final class AdmissibleSpans {

  private AdmissibleSpans() {}

  /**
   * Counts the spans of a text, each in the window that owns its end.
   *
   * @param windows of the text, in order
   * @param prefix special tokens before the content of each
   * @param suffix special tokens after it
   */
  static long count(HeadConfig head, List<Window> windows, int prefix, int suffix) {
    long spans = 0;
    for (int k = 0; k < windows.size(); k++) {
      Window window = windows.get(k);
      int length = prefix + window.size() + suffix;
      int from = k == 0 ? 0 : prefix + window.ownFrom() - window.from();
      int to = k == windows.size() - 1 ? length : prefix + window.ownTo() - window.from();
      for (int end = from; end < to; end++) {
        spans += starts(head, end, length);
      }
    }
    return spans;
  }

  /** Starts that the mask admits for one end of a sequence. */
  private static int starts(HeadConfig head, int end, int length) {
    int window = head.slidingWindow();
    if (head.causalMask()) {
      return window == 0 ? end : Math.min(end, window + 1);
    }
    return window == 0
        ? length
        : Math.max(0, Math.min(length - 1, end + window) - Math.max(1, end - window) + 1);
  }
}
