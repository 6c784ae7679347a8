package io.github.tommerspark.spark;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * One report per partition, brought to the driver.
 *
 * <p>Unlike a sum, this cannot count a partition twice: what a retried or speculative attempt
 * reports replaces what was known of that partition, and says the same, because the same rows give
 * the same mentions.
 */
public final class PartitionReports
    extends AccumulatorV2<Map.Entry<Integer, PartitionReport>, Map<Integer, PartitionReport>> {

  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, PartitionReport> reports = new TreeMap<>();

  @Override
  public synchronized boolean isZero() {
    return reports.isEmpty();
  }

  @Override
  public synchronized PartitionReports copy() {
    PartitionReports copy = new PartitionReports();
    copy.reports.putAll(reports);
    return copy;
  }

  @Override
  public synchronized void reset() {
    reports.clear();
  }

  @Override
  public synchronized void add(Map.Entry<Integer, PartitionReport> report) {
    reports.put(report.getKey(), report.getValue());
  }

  @Override
  public synchronized void merge(
      AccumulatorV2<Map.Entry<Integer, PartitionReport>, Map<Integer, PartitionReport>> other) {
    reports.putAll(other.value());
  }

  /** The reports by partition. */
  @Override
  public synchronized Map<Integer, PartitionReport> value() {
    return Map.copyOf(reports);
  }
}
