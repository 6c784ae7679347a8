package io.github.tommerspark.jobs;

import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.sql.TommerExtensions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * One session for all tests of a JVM: starting another takes seconds and shares the first's JVM.
 */
public final class LocalSpark {

  private static SparkSession session;

  private LocalSpark() {}

  public static synchronized SparkSession session() {
    if (session == null) {
      session =
          Sessions.start(
              "tests",
              new SparkConf()
                  .setIfMissing("spark.master", "local[2]")
                  .set("spark.driver.host", "127.0.0.1")
                  .set("spark.driver.bindAddress", "127.0.0.1")
                  .set("spark.ui.enabled", "false")
                  // What running tasks report is not to be waited for.
                  .set("spark.executor.heartbeatInterval", "250ms")
                  .set("spark.sql.shuffle.partitions", "2")
                  .set("spark.sql.extensions", TommerExtensions.class.getName())
                  .set("spark.hadoop.fs.counted.impl", CountedFileSystem.class.getName())
                  .set("spark.hadoop.fs.mortal.impl", MortalFileSystem.class.getName())
                  .set("spark.delta.logStore.mortal.impl", "io.delta.storage.LocalLogStore")
                  .set("spark.tommer.model-cache", temporary("models"))
                  .set("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir")));
    }
    return session;
  }

  /** Of the Spark that tests run on, as its launcher wants to be told: such as {@code 2.13}. */
  static String scalaVersion() {
    return scala.util.Properties.versionNumberString().replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }

  private static String temporary(String name) {
    try {
      return Files.createTempDirectory("tommer-spark-tests").resolve(name).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
