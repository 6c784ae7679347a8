package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.spark.PartitionReport;
import io.github.tommerspark.spark.PartitionReports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.junit.jupiter.api.Test;

class ProgressMonitorTest {

  /** Tasks wait for it before they end; static, since they are serialised. */
  private static final CountDownLatch END = new CountDownLatch(1);

  @Test
  void progressFollowsTheTasks() throws Exception {
    SparkContext context = LocalSpark.session().sparkContext();
    PartitionReports reports = new PartitionReports();
    context.register(reports, "test");
    try (ProgressMonitor monitor = ProgressMonitor.start(context, reports, silent())) {
      assertThat(monitor.progress().documents()).isZero();
      LocalSpark.session()
          .range(0, 40, 1, 4)
          .javaRDD()
          .foreachPartition(
              numbers -> {
                int partition = TaskContext.getPartitionId();
                reports.add(Map.entry(partition, report(5)));
                reports.add(Map.entry(partition, report(10)));
              });
      // Spark tells its listeners later.
      Progress progress = await(monitor, now -> now.tasks() > 0);
      assertThat(progress.documents()).isEqualTo(40);
      assertThat(progress.tokens()).isEqualTo(400);
      assertThat(progress.tasksDone()).isEqualTo(4);
      assertThat(progress.documentsOfTasksDone()).isEqualTo(40);
      assertThat(progress.tasks()).isEqualTo(4);
      assertThat(progress.devices()).isEqualTo(new DevicesInUse(0, 1));
    }
  }

  @Test
  void whatRunningTasksHaveDoneComesWithTheHeartbeats() throws Exception {
    SparkContext context = LocalSpark.session().sparkContext();
    PartitionReports reports = new PartitionReports();
    context.register(reports, "test");
    ExecutorService pool = Executors.newSingleThreadExecutor();
    try (ProgressMonitor monitor = ProgressMonitor.start(context, reports, silent())) {
      Future<?> job =
          pool.submit(
              () ->
                  LocalSpark.session()
                      .range(0, 40, 1, 4)
                      .javaRDD()
                      .foreachPartition(
                          numbers -> {
                            reports.add(Map.entry(TaskContext.getPartitionId(), report(5)));
                            END.await(60, TimeUnit.SECONDS);
                            reports.add(Map.entry(TaskContext.getPartitionId(), report(10)));
                          }));
      // Two cores: two tasks have begun, and none has ended.
      Progress halfway = await(monitor, now -> now.documents() == 10);
      assertThat(halfway.documents()).isEqualTo(10);
      assertThat(halfway.tokens()).isEqualTo(100);
      assertThat(halfway.tasksDone()).isZero();
      assertThat(halfway.tasks()).isEqualTo(4);
      assertThat(halfway.line()).contains(" tokens/s on 1 CPU executor, 0 of 4 tasks done");

      END.countDown();
      job.get(60, TimeUnit.SECONDS);
      Progress done = await(monitor, now -> now.tasksDone() == 4);
      assertThat(done.documents()).isEqualTo(40);
      assertThat(done.tokens()).isEqualTo(400);
    } finally {
      END.countDown();
      pool.shutdownNow();
    }
  }

  private static Progress await(ProgressMonitor monitor, Predicate<Progress> reached)
      throws InterruptedException {
    Instant end = Instant.now().plusSeconds(60);
    Progress progress = monitor.progress();
    while (!reached.test(progress) && Instant.now().isBefore(end)) {
      Thread.sleep(10);
      progress = monitor.progress();
    }
    return progress;
  }

  private static ProgressPrinter silent() {
    return new ProgressPrinter(new PrintStream(OutputStream.nullOutputStream()), false, () -> 0);
  }

  private static PartitionReport report(long rows) {
    return new PartitionReport(
        "1", 1, 0.5, "cpu", 4096, rows, 0, 0, 0, List.of(rows), List.of(7 * rows, 3 * rows), 1);
  }
}
