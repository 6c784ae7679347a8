package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.spark.PartitionReport;
import io.github.tommerspark.spark.PartitionReports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.junit.jupiter.api.Test;

class ProgressMonitorTest {

  @Test
  void progressFollowsTheTasks() throws Exception {
    SparkContext context = LocalSpark.session().sparkContext();
    PartitionReports reports = new PartitionReports();
    context.register(reports, "test");
    ProgressPrinter silent =
        new ProgressPrinter(new PrintStream(OutputStream.nullOutputStream()), false, () -> 0);
    try (ProgressMonitor monitor = ProgressMonitor.start(context, reports, silent)) {
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
      Instant end = Instant.now().plusSeconds(60);
      while (monitor.progress().tasks() == 0 && Instant.now().isBefore(end)) {
        Thread.sleep(10);
      }
      Progress progress = monitor.progress();
      assertThat(progress.documents()).isEqualTo(40);
      assertThat(progress.tokens()).isEqualTo(400);
      assertThat(progress.tasksDone()).isEqualTo(4);
      assertThat(progress.documentsOfTasksDone()).isEqualTo(40);
      assertThat(progress.tasks()).isEqualTo(4);
    }
  }

  private static PartitionReport report(long rows) {
    return new PartitionReport(
        "1", 1, 0.5, "cpu()", rows, 0, 0, 0, List.of(rows), List.of(7 * rows, 3 * rows), 1);
  }
}
