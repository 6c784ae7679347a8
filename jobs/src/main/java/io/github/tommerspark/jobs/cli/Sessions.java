package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.jobs.table.TableFormat;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.spark.FailedDevices;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** Starts Spark. */
public final class Sessions {

  /** Settings that jobs need, unless spark-submit or a file of defaults has others. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          // A plain java on a laptop; spark-submit always names a master.
          "spark.master", "local[*]",
          // Duplicates of slow tasks would compute the same mentions twice.
          "spark.speculation", "false",
          // A progress bar would run through the summary.
          "spark.ui.showConsoleProgress", "false",
          // Columns that pass through keep dates of any century as they are.
          "spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED",
          "spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED",
          "spark.sql.datetime.java8API.enabled", "true");

  private Sessions() {}

  /** A session for a job; closing it stops Spark. */
  public static SparkSession start(String name) {
    return start(name, new SparkConf());
  }

  /** A session with these settings, and defaults for what they leave open. */
  public static SparkSession start(String name, SparkConf conf) {
    DEFAULTS.forEach(conf::setIfMissing);
    TableFormat.settings(key -> conf.get(key, null)).forEach(conf::set);
    SparkSession session =
        SparkSession.builder().config(conf).appName("tommer-spark " + name).getOrCreate();
    // The driver tokenises, too: it says what models are.
    EngineSetup.apply();
    FailedDevices.watch(session.sparkContext());
    return session;
  }
}
