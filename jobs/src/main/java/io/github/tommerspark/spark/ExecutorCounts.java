package io.github.tommerspark.spark;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of what this JVM has annotated since it started, over all tasks, also those that failed
 * later or were tried twice: for graphs, not for accounts. {@link MetricsPlugin} hands it to Spark.
 */
final class ExecutorCounts {

  static final LongAdder ROWS = new LongAdder();
  static final LongAdder TOKENS = new LongAdder();
  static final LongAdder WINDOWS = new LongAdder();
  static final LongAdder MENTIONS = new LongAdder();
  static final LongAdder ERROR_ROWS = new LongAdder();
  static final LongAdder LOAD_NANOS = new LongAdder();
  static final LongAdder ANNOTATE_NANOS = new LongAdder();
  static final LongAdder INPUT_NANOS = new LongAdder();

  private ExecutorCounts() {}
}
