package io.github.tommerspark.detect;

import java.io.Serializable;

/**
 * The work of detectors, and where their time went. Times are summed over the threads that spent
 * them, so together they are at most threads × wall time.
 *
 * @param tokeniseNanos tokenising and cutting texts into windows
 * @param waitNanos waiting until a device had room for a forward
 * @param forwardNanos forwards of backbone and heads, from the tensors sent to the spans received
 * @param decodeNanos turning scored spans into mentions of texts
 * @param forwards forward calls
 * @param documentTokens tokens of the texts themselves: no specials, window overlaps counted once
 * @param windowTokens tokens of all windows that were computed: with specials, overlaps as often as
 *     they were read, windows of equal tokens in one call once
 * @param computedTokens what forwards computed: window tokens and padding
 */
public record WorkReport(
    long tokeniseNanos,
    long waitNanos,
    long forwardNanos,
    long decodeNanos,
    long forwards,
    long documentTokens,
    long windowTokens,
    long computedTokens)
    implements Serializable {

  /** Nothing done. */
  public static final WorkReport NONE = new WorkReport(0, 0, 0, 0, 0, 0, 0, 0);

  /** Tokens that were computed for nothing, so that sequences of a batch have one length. */
  public long paddedTokens() {
    return computedTokens - windowTokens;
  }

  /** This work and another. */
  public WorkReport plus(WorkReport other) {
    return sum(other, 1);
  }

  /** Returns the work since an earlier report of the same detectors. */
  public WorkReport minus(WorkReport earlier) {
    return sum(earlier, -1);
  }

  private WorkReport sum(WorkReport other, int sign) {
    return new WorkReport(
        tokeniseNanos + sign * other.tokeniseNanos,
        waitNanos + sign * other.waitNanos,
        forwardNanos + sign * other.forwardNanos,
        decodeNanos + sign * other.decodeNanos,
        forwards + sign * other.forwards,
        documentTokens + sign * other.documentTokens,
        windowTokens + sign * other.windowTokens,
        computedTokens + sign * other.computedTokens);
  }
}
