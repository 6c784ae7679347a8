package io.github.tommerspark.jobs;

import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** Starts Spark. */
final class Sessions {

  /** What the jobs need, unless spark-submit or a file of defaults says otherwise. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          // java -jar on a laptop; spark-submit always names a master.
          "spark.master", "local[*]",
          // Duplicates of slow tasks would compute the same mentions twice.
          "spark.speculation", "false",
          // A progress bar would run through the summary.
          "spark.ui.showConsoleProgress", "false");

  private Sessions() {}

  /** A session for a job. */
  static SparkSession start(String name) {
    SparkConf conf = new SparkConf();
    DEFAULTS.forEach(conf::setIfMissing);
    return SparkSession.builder().config(conf).appName("tommer-spark " + name).getOrCreate();
  }
}
