package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.FaultyProxy;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.MortalHdfs;
import io.github.tommerspark.jobs.S3Server;
import io.github.tommerspark.jobs.format.OutputFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** {@link KillMatrix} on a store for which Spark needs more jars than the tests have. */
public final class KillMatrixApplication {

  /** Of requests to S3, each so-and-so-manieth goes wrong besides. */
  private static final int FAULT_EVERY = 25;

  private KillMatrixApplication() {}

  /**
   * Prints the rows of the table.
   *
   * @param arguments {@code hdfs} or {@code s3}, the port of its server, a folder on the local
   *     disk, and for each row a mode, a format and a number of deaths as {@code NEW:PARQUET:10},
   *     or a number of races of each pair of modes as {@code RACES:10}
   */
  public static void main(String[] arguments) throws Exception {
    SparkSession spark = LocalSpark.session();
    spark.conf().set("spark.databricks.delta.snapshotPartitions", "2");
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    int port = Integer.parseInt(arguments[1]);
    KillMatrix.Store store = arguments[0].equals("hdfs") ? hdfs(hadoop, port) : s3(hadoop, port);
    Path folder = Path.of(arguments[2]);
    for (String row : List.of(arguments).subList(3, arguments.length)) {
      String[] cells = row.split(":");
      if (cells[0].equals("RACES")) {
        race(spark, folder, store, Integer.parseInt(cells[1]));
        continue;
      }
      try (KillMatrix matrix = new KillMatrix(spark, folder, store, cells[0].equals("WRITERS"))) {
        print(
            matrix.kill(
                KillMatrix.Mode.valueOf(cells[1]),
                OutputFormat.valueOf(cells[2]),
                Integer.parseInt(cells[3])));
      }
    }
    // Whatever still waits for a server that never answered.
    System.exit(0);
  }

  /** In a line of its own, whatever the log has printed before. */
  private static void print(Record row) {
    System.out.println("\n" + row);
  }

  private static void race(SparkSession spark, Path folder, KillMatrix.Store store, int times)
      throws Exception {
    try (Races races = new Races(spark, folder, store)) {
      for (Races.Mode one : Races.Mode.values()) {
        for (Races.Mode other : Races.Mode.values()) {
          if (one.compareTo(other) <= 0) {
            print(races.race(one, other, times));
          }
        }
      }
    }
  }

  private static KillMatrix.Store hdfs(Configuration hadoop, int port) {
    hadoop.set("fs.hdfs.impl", MortalHdfs.class.getName());
    hadoop.set("fs.AbstractFileSystem.hdfs.impl", MortalHdfs.Context.class.getName());
    hadoop.set("dfs.replication", "1");
    return new KillMatrix.Store(
        "HDFS",
        "hdfs://%s:%d/matrix".formatted(MortalHdfs.HOST, port),
        "hdfs://localhost:%d/matrix".formatted(port),
        hadoop);
  }

  /**
   * S3 has one name for all. The process that dies knows it by another scheme than others, and goes
   * through the proxy.
   */
  private static KillMatrix.Store s3(Configuration hadoop, int port) throws IOException {
    FaultyProxy proxy = FaultyProxy.before(port);
    proxy.standsBeforeAMortal();
    proxy.faultEvery(FAULT_EVERY);
    hadoop.set("fs.s3.impl", "org.apache.hadoop.fs.s3a.S3AFileSystem");
    hadoop.set("fs.s3a.endpoint", "http://127.0.0.1:" + proxy.port());
    hadoop.set("fs.s3a.path.style.access", "true");
    hadoop.set("fs.s3a.connection.ssl.enabled", "false");
    hadoop.set("fs.s3a.access.key", "none");
    hadoop.set("fs.s3a.secret.key", "none");
    // Enough for single faults, and soon at an end when nothing answers any more.
    hadoop.set("fs.s3a.attempts.maximum", "1");
    hadoop.set("fs.s3a.retry.limit", "3");
    hadoop.set("fs.s3a.retry.interval", "10ms");
    hadoop.set("fs.s3a.retry.throttle.interval", "10ms");
    Configuration others = new Configuration(hadoop);
    others.set("fs.s3a.endpoint", "http://127.0.0.1:" + port);
    KillMatrix.Store store =
        new KillMatrix.Store("S3", "s3a://" + S3Server.BUCKET, "s3://" + S3Server.BUCKET, others);
    // File systems are kept by scheme: from now on, this one is that of others.
    store.fs();
    return store;
  }
}
