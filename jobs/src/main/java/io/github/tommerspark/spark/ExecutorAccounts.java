package io.github.tommerspark.spark;

import io.github.tommerspark.detect.WorkReport;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Fetches what every executor of an application has done since it started. */
public final class ExecutorAccounts
    implements FlatMapFunction<Iterator<Integer>, ExecutorAccounts.Account> {

  private static final long serialVersionUID = 1L;

  /** A task for each slot, and some more so that no executor is left out by chance. */
  private static final int TASKS_PER_SLOT = 4;

  private static final long TASK_MILLIS = 20;

  private final boolean resetPeak;

  private ExecutorAccounts(boolean resetPeak) {
    this.resetPeak = resetPeak;
  }

  /**
   * The work of an executor.
   *
   * @param executor as Spark names it
   * @param work of its detectors
   * @param annotateNanos in detectors, summed over tasks
   * @param inputNanos reading rows, summed over tasks
   * @param memory of its process
   */
  public record Account(
      String executor, WorkReport work, long annotateNanos, long inputNanos, ProcessMemory memory)
      implements Serializable {}

  /**
   * Asks all executors.
   *
   * @param resetPeak whether peaks of memory begin anew
   * @return one account per executor that was free to take a task, by its name
   */
  public static Map<String, Account> fetch(JavaSparkContext spark, boolean resetPeak) {
    int tasks = TASKS_PER_SLOT * Math.max(1, spark.defaultParallelism());
    Map<String, Account> accounts = new TreeMap<>();
    spark
        .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
        .mapPartitions(new ExecutorAccounts(resetPeak))
        .collect()
        .forEach(account -> accounts.put(account.executor(), account));
    return accounts;
  }

  @Override
  public Iterator<Account> call(Iterator<Integer> slot) throws InterruptedException {
    Thread.sleep(TASK_MILLIS);
    Account account =
        new Account(
            SparkEnv.get().executorId(),
            ExecutorModels.work(),
            ExecutorCounts.ANNOTATE_NANOS.sum(),
            ExecutorCounts.INPUT_NANOS.sum(),
            ProcessMemory.now());
    if (resetPeak) {
      ProcessMemory.resetPeak();
    }
    return List.of(account).iterator();
  }
}
