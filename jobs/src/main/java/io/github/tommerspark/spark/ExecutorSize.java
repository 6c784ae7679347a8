package io.github.tommerspark.spark;

import org.apache.spark.SparkConf;

/**
 * The cores and memory that the settings of an application give an executor.
 *
 * @param local whether the driver is the executor
 * @param gpu whether Spark assigns GPUs
 * @param tasks tasks that run at once; 1 where Spark decides on the cores
 * @param overheadMib memory of a container outside the heap, in MiB
 */
public record ExecutorSize(boolean local, boolean gpu, int tasks, long overheadMib) {

  private static final long MIN_OVERHEAD_MIB = 384;
  private static final double OVERHEAD_FACTOR = 0.1;

  /**
   * Reads the settings, with Spark's defaults.
   *
   * @param conf of the application
   * @param processors of this machine, which local mode may use all of
   */
  public static ExecutorSize of(SparkConf conf, int processors) {
    String master = conf.get("spark.master", "local");
    boolean local = master.equals("local") || master.startsWith("local[");
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    int cores =
        local ? EngineSetup.localCores(master, processors) : conf.getInt("spark.executor.cores", 1);
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    double factor = conf.getDouble("spark.executor.memoryOverheadFactor", OVERHEAD_FACTOR);
    long overhead =
        conf.contains("spark.executor.memoryOverhead")
            ? conf.getSizeAsMb("spark.executor.memoryOverhead")
            : Math.max(MIN_OVERHEAD_MIB, (long) (heap * factor));
    return new ExecutorSize(
        local,
        conf.getInt("spark.executor.resource.gpu.amount", 0) > 0,
        Math.max(1, cores / taskCpus),
        overhead);
  }
}
