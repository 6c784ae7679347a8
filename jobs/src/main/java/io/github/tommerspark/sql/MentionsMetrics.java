package io.github.tommerspark.sql;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;

/**
 * The counts of an operator, for the page of a query in Spark's UI.
 *
 * @param rows rows read
 * @param tokens of the texts, without specials and overlaps, added up over models
 * @param windows read, added up over models
 * @param mentions found, added up over models
 * @param forwardMillis in forward calls
 * @param modelMillis in the models altogether: tokenising, forward calls, decoding, and waiting for
 *     a device
 */
public record MentionsMetrics(
    SQLMetric rows,
    SQLMetric tokens,
    SQLMetric windows,
    SQLMetric mentions,
    SQLMetric forwardMillis,
    SQLMetric modelMillis)
    implements Serializable {

  private static final long NO_VALUE = -1;

  static MentionsMetrics create(SparkContext spark) {
    return new MentionsMetrics(
        SQLMetrics.createMetric(spark, "number of output rows"),
        SQLMetrics.createMetric(spark, "tokens"),
        SQLMetrics.createMetric(spark, "windows"),
        SQLMetrics.createMetric(spark, "mentions"),
        SQLMetrics.createTimingMetric(spark, "forward time", NO_VALUE),
        SQLMetrics.createTimingMetric(spark, "time in models", NO_VALUE));
  }

  /** The measures by the names under which Spark knows those of a node. */
  public Map<String, SQLMetric> byName() {
    Map<String, SQLMetric> metrics = new LinkedHashMap<>();
    metrics.put("numOutputRows", rows);
    metrics.put("tokens", tokens);
    metrics.put("windows", windows);
    metrics.put("mentions", mentions);
    metrics.put("forwardTime", forwardMillis);
    metrics.put("modelTime", modelMillis);
    return metrics;
  }
}
