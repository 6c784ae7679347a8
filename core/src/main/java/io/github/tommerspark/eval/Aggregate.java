package io.github.tommerspark.eval;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The ways to sum up several data sets. They differ by many points where data sets differ in size
 * and kind, so a number without its name says little.
 */
public enum Aggregate {
  /** All data sets as one: precision, recall and F1 of the summed counts. */
  MICRO {
    @Override
    EvaluationRow of(List<EvaluationRow> rows) {
      SpanScores scores =
          new SpanScores(
              Math.round(sum(rows, EvaluationRow::truePositives)),
              Math.round(sum(rows, EvaluationRow::falsePositives)),
              Math.round(sum(rows, EvaluationRow::gold)));
      return sums(rows, scores.precision(), scores.recall(), scores.f1());
    }
  },

  /** The mean of every column, data sets counting alike: the published {@code Mean}. */
  MACRO {
    @Override
    EvaluationRow of(List<EvaluationRow> rows) {
      double gold = sum(rows, EvaluationRow::gold) / rows.size();
      Double spans = candidateSpans(rows);
      spans = spans == null ? null : (Double) (spans / rows.size());
      return new EvaluationRow(
          label(),
          sum(rows, EvaluationRow::precision) / rows.size(),
          sum(rows, EvaluationRow::recall) / rows.size(),
          sum(rows, EvaluationRow::f1) / rows.size(),
          sum(rows, EvaluationRow::truePositives) / rows.size(),
          sum(rows, EvaluationRow::falsePositives) / rows.size(),
          gold,
          spans,
          samples(rows),
          EvaluationRow.fraction(gold, spans));
    }
  },

  /**
   * Precision and recall averaged with the numbers of documents as weights, and F1 of these two:
   * the published {@code Aggregated}, the paper's 93 % recall. The counts are sums.
   */
  SAMPLE_WEIGHTED {
    @Override
    EvaluationRow of(List<EvaluationRow> rows) {
      double samples = Math.max(1, samples(rows));
      double precision = sum(rows, row -> row.precision() * row.samples()) / samples;
      double recall = sum(rows, row -> row.recall() * row.samples()) / samples;
      return sums(rows, precision, recall, SpanScores.f1(precision, recall));
    }
  };

  /** The name in files and tables. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Sums up data sets, at least one. */
  abstract EvaluationRow of(List<EvaluationRow> rows);

  EvaluationRow sums(List<EvaluationRow> rows, double precision, double recall, double f1) {
    double gold = sum(rows, EvaluationRow::gold);
    Double spans = candidateSpans(rows);
    return new EvaluationRow(
        label(),
        precision,
        recall,
        f1,
        sum(rows, EvaluationRow::truePositives),
        sum(rows, EvaluationRow::falsePositives),
        gold,
        spans,
        samples(rows),
        EvaluationRow.fraction(gold, spans));
  }

  private static double sum(List<EvaluationRow> rows, ToDoubleFunction<EvaluationRow> column) {
    return rows.stream().mapToDouble(column).sum();
  }

  private static @Nullable Double candidateSpans(List<EvaluationRow> rows) {
    return rows.stream().anyMatch(row -> row.candidateSpans() == null)
        ? null
        : (Double) sum(rows, EvaluationRow::candidateSpans);
  }

  private static long samples(List<EvaluationRow> rows) {
    return rows.stream().mapToLong(EvaluationRow::samples).sum();
  }
}
