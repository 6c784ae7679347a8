package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.HdfsServer;
import io.github.tommerspark.jobs.S3Server;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link KillMatrix} on HDFS and on S3, whose servers are processes of their own. */
class KillMatrixIT {

  @TempDir private Path folder;

  @Test
  void onHdfs() throws Exception {
    onHdfs(
        "WRITERS:NEW:PARQUET:3",
        "WRITERS:APPEND:PARQUET:3",
        "WRITERS:OVERWRITE:PARQUET:3",
        "WRITERS:INCREMENTAL:PARQUET:3");
  }

  @Test
  @Tag("soak")
  void onHdfsOften() throws Exception {
    print(
        onHdfs(
            "WRITERS:NEW:PARQUET:60",
            "WRITERS:APPEND:PARQUET:60",
            "WRITERS:OVERWRITE:PARQUET:60",
            "WRITERS:INCREMENTAL:PARQUET:60",
            "JOBS:NEW:PARQUET:5",
            "JOBS:APPEND:PARQUET:5",
            "JOBS:OVERWRITE:PARQUET:5",
            "JOBS:INCREMENTAL:PARQUET:5",
            "JOBS:NEW:ICEBERG:5",
            "JOBS:APPEND:ICEBERG:5",
            "JOBS:OVERWRITE:ICEBERG:5",
            "JOBS:INCREMENTAL:ICEBERG:5",
            "JOBS:NEW:DELTA:3",
            "JOBS:APPEND:DELTA:3",
            "JOBS:OVERWRITE:DELTA:3",
            "JOBS:INCREMENTAL:DELTA:3"));
  }

  @Test
  @Tag("soak")
  void onS3Often() throws Exception {
    print(
        onS3(
            "WRITERS:NEW:PARQUET:30",
            "WRITERS:APPEND:PARQUET:30",
            "WRITERS:OVERWRITE:PARQUET:30",
            "WRITERS:INCREMENTAL:PARQUET:30",
            "JOBS:NEW:PARQUET:3",
            "JOBS:INCREMENTAL:PARQUET:3",
            "JOBS:NEW:DELTA:3",
            "JOBS:APPEND:DELTA:3",
            "JOBS:OVERWRITE:DELTA:3",
            "JOBS:INCREMENTAL:DELTA:3"));
  }

  @Test
  @Tag("soak")
  void racesOnS3() throws Exception {
    print(onS3("RACES:50"));
  }

  private static void print(List<String> rows) {
    rows.forEach(System.out::println);
  }

  private List<String> onHdfs(String... rows) throws Exception {
    try (HdfsServer hdfs = HdfsServer.start(folder)) {
      return run(List.of(), List.of(), "hdfs", hdfs.port(), rows);
    }
  }

  private List<String> onS3(String... rows) throws Exception {
    List<String> properties = new ArrayList<>(settings());
    // A connection that breaks at a bad moment costs a task, not the job.
    properties.add("spark.master=local[2,4]");
    properties.add("spark.hadoop.fs.s3a.buffer.dir=" + folder.resolve("buffers"));
    try (S3Server s3 = S3Server.start(folder)) {
      return run(List.of(System.getProperty("tommer.s3a.jars")), properties, "s3", s3.port(), rows);
    }
  }

  /** Returns the rows of the table. */
  private List<String> run(
      List<String> jars, List<String> properties, String store, int port, String... rows)
      throws Exception {
    Path log = folder.resolve("matrix.log");
    List<String> arguments = new ArrayList<>(List.of(store, "" + port, folder.toString()));
    arguments.addAll(List.of(rows));
    Process matrix =
        Drivers.start(
            KillMatrixApplication.class,
            jars,
            folder,
            log,
            properties,
            arguments.toArray(String[]::new));
    try {
      int code = matrix.waitFor();
      List<String> printed = Files.readAllLines(log);
      assertThat(code).as(String.join("\n", printed)).isZero();
      List<String> table = printed.stream().filter(line -> line.startsWith("| ")).toList();
      assertThat(table).hasSizeGreaterThanOrEqualTo(rows.length);
      return table;
    } finally {
      matrix.destroyForcibly();
    }
  }

  /** The settings that the product tells users to set, as key=value. */
  private static List<String> settings() throws IOException {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of("..", "conf", "s3a.conf"))) {
      properties.load(in);
    }
    return properties.stringPropertyNames().stream()
        .map(key -> key + "=" + properties.getProperty(key))
        .toList();
  }
}
