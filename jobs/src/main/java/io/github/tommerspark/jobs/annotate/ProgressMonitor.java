package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.spark.PartitionReport;
import io.github.tommerspark.spark.PartitionReports;
import io.github.tommerspark.spark.SparkMethods;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import scala.Tuple4;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Watches one write from the driver and shows how far it is.
 *
 * <p>Tasks report after every chunk of rows; what running tasks have reported comes with the
 * heartbeats of their executors, every ten seconds unless {@code spark.executor.heartbeatInterval}
 * says otherwise.
 */
final class ProgressMonitor implements AutoCloseable {

  private static final long REFRESH_SECONDS = 1;

  private final SparkContext context;
  private final PartitionReports reports;
  private final ProgressPrinter printer;
  private final Listener listener = new Listener();
  private final long begin = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });

  private ProgressMonitor(SparkContext context, PartitionReports reports, ProgressPrinter printer) {
    this.context = context;
    this.reports = reports;
    this.printer = printer;
  }

  /**
   * Begins to watch.
   *
   * @param reports of the tasks, registered with the context
   */
  static ProgressMonitor start(
      SparkContext context, PartitionReports reports, ProgressPrinter printer) {
    ProgressMonitor monitor = new ProgressMonitor(context, reports, printer);
    context.addSparkListener(monitor.listener);
    monitor.timer.scheduleAtFixedRate(
        () -> printer.show(monitor.progress()), REFRESH_SECONDS, REFRESH_SECONDS, TimeUnit.SECONDS);
    return monitor;
  }

  /** The stage of the write. */
  Progress progress() {
    return listener.progress(reports.value(), Duration.ofNanos(System.nanoTime() - begin));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    context.removeSparkListener(listener);
    printer.end();
  }

  private final class Listener extends SparkListener {

    private final Map<Integer, Integer> tasksOfStage = new HashMap<>();
    private final Map<Long, Map<Integer, PartitionReport>> running = new HashMap<>();
    private final Set<String> gone = new HashSet<>();
    private int tasks;

    synchronized Progress progress(Map<Integer, PartitionReport> done, Duration elapsed) {
      Map<Integer, PartitionReport> all = new HashMap<>();
      running.values().forEach(all::putAll);
      // What a task reported at its end outweighs what a second attempt has so far.
      all.putAll(done);
      return new Progress(
          documents(all.values()),
          all.values().stream()
              .flatMap(report -> report.tokens().stream())
              .mapToLong(Long::longValue)
              .sum(),
          DevicesInUse.of(
              all.values().stream().filter(report -> !gone.contains(report.executor())).toList()),
          done.size(),
          documents(done.values()),
          tasks,
          elapsed);
    }

    @Override
    public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
      tasksOfStage.put(event.stageInfo().stageId(), event.stageInfo().numTasks());
    }

    @Override
    public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
      @SuppressWarnings("unchecked") // The type of accumUpdates.
      List<Tuple4<Object, Object, Object, Seq<AccumulableInfo>>> updates =
          (List<Tuple4<Object, Object, Object, Seq<AccumulableInfo>>>)
              SparkMethods.list(SparkListenerExecutorMetricsUpdate.class, "accumUpdates", event);
      for (Tuple4<Object, Object, Object, Seq<AccumulableInfo>> update : updates) {
        for (AccumulableInfo info : JavaConverters.seqAsJavaList(update._4())) {
          if (info.id() == reports.id() && info.update().isDefined()) {
            tasks = tasksOfStage.getOrDefault((Integer) update._2(), 0);
            @SuppressWarnings("unchecked") // The type of the accumulator with this id.
            Map<Integer, PartitionReport> sofar =
                (Map<Integer, PartitionReport>) info.update().get();
            running.put((Long) update._1(), sofar);
          }
        }
      }
    }

    @Override
    public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved event) {
      gone.add(event.executorId());
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
      running.remove(event.taskInfo().taskId());
      boolean ours =
          SparkMethods.list(TaskInfo.class, "accumulables", event.taskInfo()).stream()
              .anyMatch(info -> ((AccumulableInfo) info).id() == reports.id());
      if (ours) {
        tasks = tasksOfStage.getOrDefault(event.stageId(), 0);
      }
    }

    private static long documents(Collection<PartitionReport> reports) {
      return reports.stream().mapToLong(PartitionReport::rows).sum();
    }
  }
}
