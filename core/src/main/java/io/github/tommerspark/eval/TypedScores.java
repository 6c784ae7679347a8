package io.github.tommerspark.eval;

import java.util.SortedMap;

/**
 * The agreement of labels with gold types.
 *
 * @param classes scores of every gold type and every label but the outside class, by name
 * @param confusion how often a label was given, by gold type, then label; the gold type of
 *     predictions that are not gold, and the label of those that are said to be none, is the
 *     outside class, {@code O}
 * @param missed gold mentions that were not predicted at all, by type
 */
public record TypedScores(
    SortedMap<String, SpanScores> classes,
    SortedMap<String, SortedMap<String, Long>> confusion,
    SortedMap<String, Long> missed) {

  /** All classes but the outside one together. */
  public SpanScores micro() {
    return new SpanScores(
        classes.values().stream().mapToLong(SpanScores::truePositives).sum(),
        classes.values().stream().mapToLong(SpanScores::falsePositives).sum(),
        classes.values().stream().mapToLong(SpanScores::gold).sum());
  }

  /** Share of gold mentions that were predicted, whatever their label: no recall is higher. */
  public double detectorRecall() {
    long gold = micro().gold();
    long lost = missed.values().stream().mapToLong(Long::longValue).sum();
    return gold == 0 ? 0 : (double) (gold - lost) / gold;
  }
}
