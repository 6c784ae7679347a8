package io.github.tommerspark.text;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The plan by which documents longer than a backbone takes are cut into overlapping windows.
 *
 * <p>With C content tokens per window, an overlap of O and a stride S = C − O, window k covers
 * content tokens [kS, kS + C) and owns the ends [kS + m, (k+1)S + m), the first also everything
 * before, the last everything after. m = O − 1 when a token sees only what is to its left: an owned
 * end then has O − 1 tokens to its left and one to its right, for the next-token feature. Otherwise
 * m = O / 2, which shares the overlap between both sides.
 *
 * <p>A head with sliding window w reads w + 1 starts per end, and each start reads its neighbour,
 * so that its scores are those of the whole document (up to what the backbone itself sees of it)
 * when O ≥ w + 2, or 2(w + 2) with context on both sides. A head without a sliding window has no
 * such bound: in documents of several windows its mentions are at most O − 1 tokens long, or O / 2
 * − 1 with context on both sides.
 *
 * @param content C, content tokens per window
 * @param overlap O, tokens that neighbouring windows share, at least 1 and at most C / 2
 * @param leftContextOnly whether both backbone and head are causal
 */
public record WindowPlan(int content, int overlap, boolean leftContextOnly) {

  private static final int DEFAULT_OVERLAP = 64;

  /** By default, the most of a window that is read for the sake of its neighbour. */
  private static final int DEFAULT_SHARE = 8;

  /** Checks the overlap. */
  public WindowPlan {
    if (overlap < 1 || overlap > content / 2) {
      throw new IllegalArgumentException(
          "Cannot overlap windows of "
              + content
              + " content tokens by "
              + overlap
              + ": the overlap must be from 1 to "
              + content / 2);
    }
  }

  /**
   * The plan for a backbone and a head.
   *
   * @param maxTokens tokens per window, special tokens included
   * @param prefix special tokens before the content of each window
   * @param suffix special tokens after it
   * @param overlap the overlap that the user asks for; by default 64, in short windows and for a
   *     head with a sliding window an eighth of the content, or what the head needs if that is more
   * @param slidingWindow the head's sliding window w, the largest distance between the first and
   *     the last token of a mention; 0 for none
   * @param causalBackbone whether a token of the backbone sees only what is to its left
   * @param causalHead whether the head is causal
   * @return the plan
   * @throws IllegalArgumentException if the overlap is less than the head needs or more than half
   *     the content tokens; the message names a remedy
   */
  public static WindowPlan of(
      int maxTokens,
      int prefix,
      int suffix,
      OptionalInt overlap,
      int slidingWindow,
      boolean causalBackbone,
      boolean causalHead) {
    if (slidingWindow < 0) {
      throw new IllegalArgumentException(
          "Cannot plan windows for a sliding window of " + slidingWindow);
    }
    boolean leftContextOnly = causalBackbone && causalHead;
    int sides = leftContextOnly ? 1 : 2;
    long minimum = sides * (slidingWindow + 2L);
    int specials = Math.addExact(prefix, suffix);
    int content = maxTokens - specials;
    // Without a sliding window, the overlap bounds the length of mentions.
    int usual =
        slidingWindow == 0 ? DEFAULT_OVERLAP : Math.min(DEFAULT_OVERLAP, content / DEFAULT_SHARE);
    long chosen = overlap.isPresent() ? overlap.getAsInt() : Math.max(usual, minimum);
    int most = Math.max(0, content / 2);
    if (chosen < minimum) {
      throw new IllegalArgumentException(
          "Cannot use ‹overlap› "
              + chosen
              + ": a head with sliding window "
              + slidingWindow
              + (leftContextOnly ? " needs" : " and context on both sides needs")
              + " at least "
              + minimum
              + "; use ‹overlap› "
              + minimum
              + " or more"
              + (minimum > most
                  ? " and ‹maxTokens› " + enough(minimum, specials) + " or more"
                  : ""));
    }
    if (chosen > most) {
      String remedy = "use ‹maxTokens› " + enough(chosen, specials) + " or more";
      if (minimum <= most) {
        remedy += ", or ‹overlap› from " + minimum + " to " + most;
      } else if (minimum < chosen) {
        remedy +=
            ", or ‹maxTokens› " + enough(minimum, specials) + " or more with ‹overlap› " + minimum;
      }
      throw new IllegalArgumentException(
          "Cannot use "
              + (overlap.isPresent() ? "‹overlap› " : "the default overlap ")
              + chosen
              + " with ‹maxTokens› "
              + maxTokens
              + ": of these "
              + specials
              + " are special tokens and the overlap may be at most half of the other "
              + Math.max(0, content)
              + "; "
              + remedy);
    }
    return new WindowPlan(content, (int) chosen, leftContextOnly);
  }

  /** The smallest number of tokens of a window that allows an overlap. */
  private static long enough(long overlap, int specials) {
    return 2 * overlap + specials;
  }

  /**
   * The windows of a document.
   *
   * @param tokens the number of its content tokens
   * @return none for no tokens, one for at most C tokens, else as many as are needed to reach the
   *     end; every token is owned by exactly one of them, which also contains its right neighbour
   */
  public List<Window> windows(int tokens) {
    if (tokens < 0) {
      throw new IllegalArgumentException("Cannot plan windows for " + tokens + " tokens");
    }
    if (tokens == 0) {
      return List.of();
    }
    if (tokens <= content) {
      return List.of(new Window(0, tokens, 0, tokens));
    }
    int stride = content - overlap;
    int margin = leftContextOnly ? overlap - 1 : overlap / 2;
    int last = (tokens - content + stride - 1) / stride;
    List<Window> windows = new ArrayList<>(last + 1);
    int ownFrom = 0;
    for (int k = 0; k < last; k++) {
      int from = k * stride;
      int ownTo = from + stride + margin;
      windows.add(new Window(from, from + content, ownFrom, ownTo));
      ownFrom = ownTo;
    }
    windows.add(new Window(last * stride, tokens, ownFrom, tokens));
    return windows;
  }
}
