package io.github.tommerspark.head;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * The settings of a head, as its files record them.
 *
 * @param llmName the backbone that the head was trained on, as its trainer named it
 * @param layer the block whose output the head reads, from 0
 * @param rank the width r of the query and key projections, at least 1
 * @param causalMask whether a span's score is taken where the end does not come before the start
 *     only
 * @param slidingWindow the largest distance between the first and the last token of a span, which
 *     therefore has at most one token more; 0 for no limit
 * @param useCosine whether matching scores are cosines; otherwise they are dot products divided by
 *     the square root of the rank
 * @param normalizeScores what is applied to the matching scores
 * @param bosAlways whether the head was trained with a begin-of-sequence token before every text,
 *     whatever the tokenizer does
 * @param recommendedThreshold the probability above which its trainer advises to report spans, in
 *     [0, 1], if there is such advice
 */
public record HeadConfig(
    String llmName,
    int layer,
    int rank,
    boolean causalMask,
    int slidingWindow,
    boolean useCosine,
    ScoreNormalization normalizeScores,
    boolean bosAlways,
    OptionalDouble recommendedThreshold) {

  /**
   * Checks the ranges of the settings.
   *
   * @throws IllegalArgumentException naming the setting and its value, when one is out of range
   */
  public HeadConfig {
    Objects.requireNonNull(llmName, "llmName");
    Objects.requireNonNull(normalizeScores, "normalizeScores");
    requireAtLeast(0, layer, HeadFields.LAYER);
    requireAtLeast(1, rank, HeadFields.RANK);
    requireAtLeast(0, slidingWindow, HeadFields.SLIDING_WINDOW);
    double threshold = recommendedThreshold.orElse(0);
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new IllegalArgumentException(
          "field \"%s\" is %s, and must be between 0 and 1"
              .formatted(HeadFields.RECOMMENDED_THRESHOLD, threshold));
    }
  }

  private static void requireAtLeast(int least, int value, String field) {
    if (value < least) {
      throw new IllegalArgumentException(
          "field \"%s\" is %d, and must be at least %d".formatted(field, value, least));
    }
  }
}
