package io.github.tommerspark.jobs;

import org.junit.jupiter.api.Assumptions;

/** The jars of Iceberg and Delta, which are for one line of Spark each. */
public final class TableJars {

  private TableJars() {}

  /** Skips a test where they are not on the class path. */
  public static void assume() {
    for (String name :
        new String[] {
          "org.apache.iceberg.spark.SparkCatalog", "io.delta.sql.DeltaSparkSessionExtension"
        }) {
      try {
        Class.forName(name, false, TableJars.class.getClassLoader());
      } catch (ClassNotFoundException e) {
        Assumptions.abort("The jars of Iceberg and Delta are not here: no " + name);
      }
    }
  }
}
