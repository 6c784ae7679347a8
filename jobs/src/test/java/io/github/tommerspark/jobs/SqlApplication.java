package io.github.tommerspark.jobs;

import io.github.tommerspark.sql.TommerExtensions;
import org.apache.spark.sql.SparkSession;

/** A program of a user: a query with the function {@code mentions}. */
public final class SqlApplication {

  private SqlApplication() {}

  /** Writes the answer of a query as Parquet: the two arguments. */
  public static void main(String[] args) {
    try (SparkSession spark =
        SparkSession.builder()
            .config("spark.sql.extensions", TommerExtensions.class.getName())
            .getOrCreate()) {
      spark.sql(args[0]).write().parquet(args[1]);
    }
  }
}
