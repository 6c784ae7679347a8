package io.github.tommerspark.eval;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;

/**
 * One model on several data sets.
 *
 * @param rows one per data set
 */
public record EvaluationTable(List<EvaluationRow> rows) {

  private static final String HEADER =
      "\tdataset\tprecision\trecall\tf1\ttrue_pos\tfalse_pos\ttotal\ttotal_spans\tn_samples\tpredicted_fraction\n";

  private static final int DECIMALS = 4;

  /** Copies the rows. */
  public EvaluationTable {
    rows = List.copyOf(rows);
  }

  /** The aggregates by name, in the order of {@link Aggregate}; none without data sets. */
  public List<EvaluationRow> aggregates() {
    return rows.isEmpty()
        ? List.of()
        : Arrays.stream(Aggregate.values()).map(aggregate -> aggregate.of(rows)).toList();
  }

  /**
   * The table in the columns and the form of the published CSV files: separated by tabs, an index
   * first, numbers rounded to four decimals. The aggregates follow the data sets under our names
   * for them; what is not known is empty.
   */
  public String csv() {
    StringBuilder csv = new StringBuilder(HEADER);
    int index = 0;
    for (EvaluationRow row : rows) {
      append(csv, index++, row);
    }
    for (EvaluationRow row : aggregates()) {
      append(csv, index++, row);
    }
    return csv.toString();
  }

  private static void append(StringBuilder csv, int index, EvaluationRow row) {
    csv.append(index).append('\t').append(quoted(row.dataset()));
    for (Double value :
        new Double[] {
          row.precision(),
          row.recall(),
          row.f1(),
          row.truePositives(),
          row.falsePositives(),
          row.gold(),
          row.candidateSpans(),
          (double) row.samples(),
          row.predictedFraction()
        }) {
      csv.append('\t').append(value == null ? "" : rounded(value));
    }
    csv.append('\n');
  }

  /** A number with at most four decimals, without zeros at the end. */
  static String rounded(double value) {
    BigDecimal rounded = BigDecimal.valueOf(value).setScale(DECIMALS, RoundingMode.HALF_EVEN);
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  private static String quoted(String name) {
    return name.matches("[^\\t\\n\\r\"]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
  }
}
