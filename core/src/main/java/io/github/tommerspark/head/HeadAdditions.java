package io.github.tommerspark.head;

import java.util.Objects;

/**
 * Settings that this project records of a head beyond the published ones, in {@code tommer.json}
 * beside them.
 *
 * @param bosAlways whether the head was trained with a begin-of-sequence token before every text,
 *     whatever the tokenizer does
 * @param wordBoundaries whether only spans that begin and end at word boundaries are mentions
 * @param thresholds the thresholds that its trainer advises
 * @param calibration the map from logits to probabilities
 */
public record HeadAdditions(
    boolean bosAlways, boolean wordBoundaries, HeadThresholds thresholds, Calibration calibration) {

  /** Of published heads. */
  public static final HeadAdditions NONE =
      new HeadAdditions(false, false, HeadThresholds.NONE, Calibration.NONE);

  /** Checks that all is there. */
  public HeadAdditions {
    Objects.requireNonNull(thresholds, "thresholds");
    Objects.requireNonNull(calibration, "calibration");
  }

  /** The same with another policy for the begin-of-sequence token. */
  public HeadAdditions withBosAlways(boolean always) {
    return new HeadAdditions(always, wordBoundaries, thresholds, calibration);
  }

  /** The same with another answer to whether mentions respect word boundaries. */
  HeadAdditions withWordBoundaries(boolean respected) {
    return new HeadAdditions(bosAlways, respected, thresholds, calibration);
  }
}
