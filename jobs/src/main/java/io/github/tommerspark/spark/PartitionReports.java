package io.github.tommerspark.spark;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * One report per partition, brought to the driver.
 *
 * <p>A task reports after every chunk of rows what it has done so far, and each report replaces the
 * one before. Unlike a sum, this cannot count a partition twice: what a retried or speculative
 * attempt reports replaces what was known of that partition, and says the same, because the same
 * rows give the same mentions.
 */
public final class PartitionReports
    extends AccumulatorV2<Map.Entry<Integer, PartitionReport>, Map<Integer, PartitionReport>> {

  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, PartitionReport> reports = new TreeMap<>();

  // Spark registers a task's accumulators before their fields are read, and a heartbeat may ask in
  // between. Whatever it threw would end the heartbeats of this executor.
  @Override
  public synchronized boolean isZero() {
    return reports == null || reports.isEmpty();
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

  /** Heartbeats serialise this while the task goes on. */
  private synchronized void writeObject(ObjectOutputStream out) throws IOException {
    out.defaultWriteObject();
  }

  /** The reports by partition. */
  @Override
  public synchronized Map<Integer, PartitionReport> value() {
    return Map.copyOf(reports);
  }
}
