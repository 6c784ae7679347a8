package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers that others take for dead. */
class OutputWriterTest {

  /** Without signs of life in the time of a test. */
  private static final Writers.Timing SILENT =
      new Writers.Timing(Duration.ofHours(1), Duration.ofSeconds(30));

  private static final Writers.Timing IMPATIENT =
      new Writers.Timing(Duration.ofMillis(40), Duration.ofMillis(200));

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final com.sun.management.OperatingSystemMXBean OS =
      ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);

  private final SparkSession spark = LocalSpark.session();
  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;

  @Test
  void aWriterThatWakesUpAfterItWasTakenForDeadCommitsNothing() throws IOException {
    try (OutputWriter paused = begin(SILENT)) {
      Map<String, Long> lost = paused.write(rows("a"), OutputFormat.PARQUET, "");
      moveElsewhere(paused);
      try (OutputWriter other = begin(IMPATIENT)) {
        assertThat(other.present()).isEmpty();
        Map<String, Long> files = other.write(rows("b"), OutputFormat.PARQUET, "");
        other.commit(CommittedTest.Runs.of(out(), files), null);
      }
      assertThat(lost.keySet()).noneMatch(name -> Files.exists(folder.resolve("out/" + name)));
      assertThatThrownBy(() -> paused.commit(CommittedTest.Runs.of(out(), lost), null))
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              "Stopped writing to .*: another run took this one for dead, .*; nothing of it was added; run again");
    }
    assertThat(ids()).containsExactly("b");
    assertThat(folder.resolve("out/_tommer/writers")).isEmptyDirectory();
  }

  @Test
  void aWriterOnAnotherMachineLivesWhileItGivesSigns() throws Exception {
    String id = "20260101T000000Z-0a0b0c0d";
    Path data = folder.resolve("out/part-00000-" + id + "-c000.parquet");
    Path announcement = folder.resolve("out/_tommer/writers/" + id + ".json");
    Files.createDirectories(announcement.getParent());
    Files.writeString(data, "x");
    ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
    try {
      AtomicLong beats = new AtomicLong();
      Callable<Path> beat =
          () ->
              Files.write(
                  announcement,
                  JSON.writeValueAsBytes(
                      new Writers.Writer(
                          id,
                          true,
                          "there",
                          "another",
                          1,
                          null,
                          "today",
                          beats.getAndIncrement())));
      beat.call();
      heart.scheduleAtFixedRate(() -> called(beat), 20, 20, TimeUnit.MILLISECONDS);
      try (OutputWriter beside = begin(IMPATIENT)) {
        assertThat(beside.present()).containsOnlyKeys(data.getFileName().toString());
      }
    } finally {
      heart.shutdownNow();
      heart.awaitTermination(1, TimeUnit.MINUTES);
    }
    try (OutputWriter after = begin(IMPATIENT)) {
      assertThat(after.present()).isEmpty();
    }
    assertThat(data).doesNotExist();
    assertThat(announcement).doesNotExist();
  }

  private static void called(Callable<?> task) {
    try {
      task.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Prints what a run pays for its commit, beside Spark's own way to write the same rows. */
  @Test
  @Tag("soak")
  void aCommitCostsLittle() throws IOException {
    Dataset<Row> rows = rows("a", "b", "c");
    List<Double> plain = new ArrayList<>();
    List<Double> committed = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String to = folder.resolve("cost-" + i).toString();
      long begin = OS.getProcessCpuTime();
      rows.write().parquet(to + "-plain");
      plain.add((OS.getProcessCpuTime() - begin) / 1e6);
      begin = OS.getProcessCpuTime();
      try (OutputWriter writer = OutputDirectory.open(to, WriteMode.ERROR, null, hadoop).begin()) {
        Map<String, Long> files = writer.write(rows, OutputFormat.PARQUET, "");
        writer.commit(CommittedTest.Runs.of(to, files), null);
      }
      committed.add((OS.getProcessCpuTime() - begin) / 1e6);
    }
    System.out.printf(
        Locale.ROOT,
        "CPU time of a run of three rows: %.0f ms with a commit, %.0f ms by Spark's writer%n",
        median(committed),
        median(plain));
  }

  /** Of the second half, when everything is compiled. */
  private static double median(List<Double> times) {
    List<Double> warm = times.subList(times.size() / 2, times.size()).stream().sorted().toList();
    return warm.get(warm.size() / 2);
  }

  /** Its process can no longer be looked up from here. */
  private void moveElsewhere(OutputWriter writer) throws IOException {
    Path file = folder.resolve("out/_tommer/writers").resolve(writer.id() + ".json");
    ObjectNode announcement = (ObjectNode) JSON.readTree(file.toFile());
    announcement.put("machine", "another");
    JSON.writeValue(file.toFile(), announcement);
  }

  private OutputWriter begin(Writers.Timing timing) throws IOException {
    return OutputDirectory.open(out(), WriteMode.APPEND, null, hadoop).begin(timing);
  }

  private Dataset<Row> rows(String... ids) {
    return spark.createDataset(List.of(ids), Encoders.STRING()).toDF("id");
  }

  private List<String> ids() {
    return spark.read().parquet(out()).as(Encoders.STRING()).collectAsList();
  }

  private String out() {
    return folder.resolve("out").toString();
  }
}
