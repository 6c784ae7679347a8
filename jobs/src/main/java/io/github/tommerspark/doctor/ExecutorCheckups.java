package io.github.tommerspark.doctor;

import io.github.tommerspark.engine.DeviceChoice;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;

/** The examination of every executor of an application, by a task in each. */
public final class ExecutorCheckups
    implements FlatMapFunction<Iterator<Integer>, ExecutorCheckups.Report> {

  private static final long serialVersionUID = 1L;

  private final DeviceChoice device;
  private final List<String> paths;

  private ExecutorCheckups(DeviceChoice device, List<String> paths) {
    this.device = device;
    this.paths = List.copyOf(paths);
  }

  /**
   * The findings of an executor.
   *
   * @param executor as Spark names it
   * @param host that it runs on
   * @param findings of its JVM
   */
  public record Report(String executor, String host, List<Finding> findings)
      implements Serializable {}

  /**
   * Examines the executors of an application that have registered.
   *
   * @param device where models are to run
   * @param paths URIs of files or directories that jobs will read
   * @return one report per executor that was free to take a task, by its name
   */
  public static Map<String, Report> run(
      JavaSparkContext spark, DeviceChoice device, List<String> paths) {
    int slots = Math.max(1, spark.defaultParallelism());
    Map<String, Report> reports = new TreeMap<>();
    spark
        .parallelize(IntStream.range(0, slots).boxed().toList(), slots)
        .mapPartitions(new ExecutorCheckups(device, paths))
        .collect()
        .forEach(report -> reports.put(report.executor(), report));
    return reports;
  }

  /** Examines the JVM that this was called in. */
  public static List<Finding> here(DeviceChoice device, List<String> paths) {
    return Checkup.run(device, paths);
  }

  @Override
  public Iterator<Report> call(Iterator<Integer> slot) throws UnknownHostException {
    // The tasks of one executor one after the other: the first loads the model for all.
    synchronized (ExecutorCheckups.class) {
      return List.of(
              new Report(
                  SparkEnv.get().executorId(),
                  InetAddress.getLocalHost().getHostName(),
                  Checkup.run(device, paths)))
          .iterator();
    }
  }
}
