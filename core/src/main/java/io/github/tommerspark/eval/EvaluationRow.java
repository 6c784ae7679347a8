package io.github.tommerspark.eval;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A line of an evaluation table: a data set or an aggregate, in the published columns.
 *
 * @param dataset name of the data set or of the aggregate
 * @param precision share of predictions that are gold
 * @param recall share of gold mentions that were found
 * @param f1 of both
 * @param truePositives predictions that are gold
 * @param falsePositives predictions that are not
 * @param gold gold mentions ({@code total})
 * @param candidateSpans spans that the model chose among ({@code total_spans}); null if not known
 * @param samples documents
 * @param predictedFraction {@code total / total_spans}, the share of candidates that are gold (the
 *     published name, whatever it says, is of this quotient); null if not known
 */
public record EvaluationRow(
    String dataset,
    double precision,
    double recall,
    double f1,
    double truePositives,
    double falsePositives,
    double gold,
    @Nullable Double candidateSpans,
    long samples,
    @Nullable Double predictedFraction) {

  /**
   * The line of one data set.
   *
   * @param dataset its name
   * @param scores its counts
   * @param candidateSpans spans that the model chose among, if that is known
   * @param samples documents
   */
  public static EvaluationRow of(
      String dataset, SpanScores scores, OptionalLong candidateSpans, long samples) {
    Double spans = candidateSpans.isPresent() ? (double) candidateSpans.getAsLong() : null;
    return new EvaluationRow(
        dataset,
        scores.precision(),
        scores.recall(),
        scores.f1(),
        scores.truePositives(),
        scores.falsePositives(),
        scores.gold(),
        spans,
        samples,
        fraction((double) scores.gold(), spans));
  }

  /**
   * Gold mentions per candidate span; of no candidates 0, as published; null if they are not known.
   */
  static @Nullable Double fraction(double gold, @Nullable Double candidateSpans) {
    if (candidateSpans == null) {
      return null;
    }
    return candidateSpans == 0 ? 0 : gold / candidateSpans;
  }
}
