package io.github.tommerspark.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * How far two models agree on mention boundaries over a corpus: DICE of their sets of (document,
 * start, end), over all documents at once (micro).
 *
 * @param first mentions of the first model
 * @param second mentions of the second model
 * @param both mentions that are of both
 */
record Agreement(long first, long second, long both) {

  /** Twice the common mentions over the sum of each; 1 if neither model found any. */
  double dice() {
    return first + second == 0 ? 1 : 2.0 * both / (first + second);
  }

  /**
   * Compares two mentions columns.
   *
   * @param rows of an output
   * @param idColumn that tells documents apart
   * @param firstColumn mentions of the first model
   * @param secondColumn mentions of the second model
   */
  static Agreement of(Dataset<Row> rows, String idColumn, String firstColumn, String secondColumn) {
    Dataset<Row> first = spans(rows, idColumn, firstColumn).cache();
    Dataset<Row> second = spans(rows, idColumn, secondColumn).cache();
    try {
      return new Agreement(first.count(), second.count(), first.intersect(second).count());
    } finally {
      first.unpersist();
      second.unpersist();
    }
  }

  private static Dataset<Row> spans(Dataset<Row> rows, String idColumn, String mentions) {
    return rows.select(col(idColumn).as("document"), explode(col(mentions)).as("mention"))
        .select("document", "mention.start", "mention.end")
        .distinct();
  }
}
