package io.github.tommerspark.jobs.annotate;

import java.util.Locale;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cutting of rows into tasks: as many as asked for, else as the input is read, with a warning
 * if that leaves executors without work.
 */
final class Partitioning {

  private static final Logger LOG = LoggerFactory.getLogger(Partitioning.class);

  /** Tasks take different times: with several per slot, no slot waits long for the last one. */
  private static final int TASKS_PER_SLOT = 3;

  private Partitioning() {}

  /**
   * Rows in their tasks.
   *
   * @param tasks to shuffle the rows into; 0 to leave them as they are read
   */
  static Dataset<Row> of(Dataset<Row> rows, int tasks) {
    if (tasks > 0) {
      return rows.repartition(tasks);
    }
    warning(rows.rdd().getNumPartitions(), slots(rows.sparkSession().sparkContext()))
        .ifPresent(LOG::warn);
    return rows;
  }

  /** Tasks that the executors which have registered can run at once. */
  static int slots(SparkContext context) {
    int taskCpus = Math.max(1, context.conf().getInt("spark.task.cpus", 1));
    return Math.max(1, context.defaultParallelism() / taskCpus);
  }

  /** Returns a warning about tasks that are fewer than the slots; empty if they are enough. */
  static Optional<String> warning(int tasks, int slots) {
    return tasks >= slots
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The input makes %d task(s) for %d slots: --repartition %d would use them all",
                tasks,
                slots,
                TASKS_PER_SLOT * slots));
  }
}
