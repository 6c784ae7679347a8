package io.github.tommerspark.head;

import java.util.Locale;
import java.util.Objects;

/**
 * The settings of a head, as its files record them.
 *
 * @param type the kind of head
 * @param llmName the backbone that the head was trained on, as its trainer named it
 * @param layer the block whose output the head reads, from 0
 * @param rank the width r of the query and key projections, at least 1
 * @param causalMask whether a span's score is taken where the end does not come before the start
 *     only; always true for {@link HeadType#BOUNDARY}
 * @param slidingWindow the largest distance between the first and the last token of a span, which
 *     therefore has at most one token more; 0 for no limit, which {@link HeadType#BOUNDARY} does
 *     not have
 * @param useCosine whether matching scores are cosines; otherwise they are dot products divided by
 *     the square root of the rank
 * @param normalizeScores what is applied to the matching scores
 * @param additions what this project records beside
 */
public record HeadConfig(
    HeadType type,
    String llmName,
    int layer,
    int rank,
    boolean causalMask,
    int slidingWindow,
    boolean useCosine,
    ScoreNormalization normalizeScores,
    HeadAdditions additions) {

  /**
   * Checks the ranges of the settings.
   *
   * @throws IllegalArgumentException naming the setting and its value, when one is out of range
   */
  public HeadConfig {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(llmName, "llmName");
    Objects.requireNonNull(normalizeScores, "normalizeScores");
    Objects.requireNonNull(additions, "additions");
    requireAtLeast(0, layer, HeadFields.LAYER);
    requireAtLeast(1, rank, HeadFields.RANK);
    requireAtLeast(type == HeadType.BOUNDARY ? 1 : 0, slidingWindow, HeadFields.SLIDING_WINDOW);
  }

  /** Settings of a {@link BoundaryHead}. */
  public static HeadConfig boundary(
      String llmName, int layer, int rank, int slidingWindow, HeadAdditions additions) {
    return new HeadConfig(
        HeadType.BOUNDARY,
        llmName,
        layer,
        rank,
        true,
        slidingWindow,
        false,
        ScoreNormalization.NONE,
        additions);
  }

  /**
   * Returns whether the score of a span depends on nothing behind it but the next token. If not,
   * windows of long texts must overlap by twice a span and what a head sees around it.
   */
  public boolean leftContextOnly() {
    return causalMask && type == HeadType.PUBLISHED;
  }

  /** Returns the reach of the head. */
  public HeadReach reach() {
    return new HeadReach(slidingWindow, leftContextOnly());
  }

  /** The same with other additions. */
  public HeadConfig withAdditions(HeadAdditions others) {
    return new HeadConfig(
        type, llmName, layer, rank, causalMask, slidingWindow, useCosine, normalizeScores, others);
  }

  private static void requireAtLeast(int least, int value, String field) {
    if (value < least) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "field \"%s\" is %d, and must be at least %d", field, value, least));
    }
  }
}
