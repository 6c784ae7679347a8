package io.github.tommerspark.jobs.table;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table, by its name in a catalog of Spark or by its directory.
 *
 * @param sql name in SQL
 * @param directory that holds it; null for a table of a catalog
 * @param format known by its directory; null for a table of a catalog
 */
public record TableName(String sql, Path directory, TableFormat format) {

  /** Begins the names of tables where paths are expected. */
  public static final String PREFIX = "table:";

  private static final String DELTA_LOG = "_delta_log";
  private static final String METADATA = "metadata";

  /** Returns whether what was given is the name of a table, not a path. */
  public static boolean is(String given) {
    return given.startsWith(PREFIX);
  }

  /** Returns those of some inputs that are paths: a table of a catalog may lie anywhere. */
  public static List<String> places(List<String> given) {
    return given.stream().filter(input -> !is(input)).toList();
  }

  /**
   * The table of a name.
   *
   * @param given such as {@code table:catalog.db.name}
   */
  public static TableName of(String given) {
    String name = given.substring(PREFIX.length());
    if (name.isBlank()) {
      throw new UserException(
          "Cannot tell which table %s is: write %scatalog.database.name".formatted(given, PREFIX));
    }
    return new TableName(name, null, null);
  }

  /**
   * The table in a directory, be it there or not.
   *
   * @throws UserException if the jars of the format are missing
   */
  public static TableName at(SparkSession spark, Path directory, TableFormat format) {
    format.require();
    String sql =
        switch (format) {
          case DELTA -> "delta." + ColumnNames.quoted(directory.toString());
          case ICEBERG ->
              catalogOf(spark, directory.getParent())
                  + "."
                  + ColumnNames.quoted(directory.getName());
        };
    return new TableName(sql, directory, format);
  }

  /** A catalog of the tables in the directories below one, which Iceberg keeps without a server. */
  private static String catalogOf(SparkSession spark, Path parent) {
    String location = parent.toString();
    String name =
        "tommer_"
            + UUID.nameUUIDFromBytes(location.getBytes(StandardCharsets.UTF_8))
                .toString()
                .replace("-", "");
    String prefix = "spark.sql.catalog." + name;
    Map.of(
            "", "org.apache.iceberg.spark.SparkCatalog",
            ".type", "hadoop",
            ".warehouse", location,
            ".cache-enabled", "false")
        .forEach((key, value) -> spark.conf().set(prefix + key, value));
    return name;
  }

  /** The table that lies in a directory; empty if what lies there is no table. */
  public static Optional<TableName> in(SparkSession spark, Path directory) throws IOException {
    return formatIn(directory.getFileSystem(spark.sparkContext().hadoopConfiguration()), directory)
        .map(format -> at(spark, directory, format));
  }

  private static Optional<TableFormat> formatIn(FileSystem fs, Path directory) throws IOException {
    // Both make the folder before the first commit in it.
    if (holds(fs, new Path(directory, DELTA_LOG), "\\d{20}\\..*(json|parquet)")) {
      return Optional.of(TableFormat.DELTA);
    } else if (holds(fs, new Path(directory, METADATA), ".*\\.metadata\\.json(\\.gz)?")) {
      return Optional.of(TableFormat.ICEBERG);
    }
    return Optional.empty();
  }

  private static boolean holds(FileSystem fs, Path folder, String name) throws IOException {
    try {
      return Arrays.stream(fs.listStatus(folder))
          .anyMatch(file -> file.getPath().getName().matches(name));
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  /**
   * Returns whether the table is there.
   *
   * @throws UserException if its catalog cannot be asked
   */
  boolean exists(SparkSession spark) {
    try {
      if (directory != null) {
        return formatIn(
                directory.getFileSystem(spark.sparkContext().hadoopConfiguration()), directory)
            .isPresent();
      }
      return spark.catalog().tableExists(sql);
    } catch (Exception e) {
      // Spark throws checked exceptions that its signatures do not tell of.
      throw new UserException("Cannot find the table %s: %s".formatted(this, Failures.line(e)), e);
    }
  }

  /** The format of a table that is there; empty if it is none of {@link TableFormat}. */
  Optional<TableFormat> formatOf(SparkSession spark) {
    if (format != null) {
      return Optional.of(format);
    }
    for (Row row : spark.sql("DESCRIBE TABLE EXTENDED " + sql).collectAsList()) {
      if (row.getString(0).equals("Provider")) {
        return TableFormat.ofProvider(row.getString(1));
      }
    }
    return Optional.empty();
  }

  /** As it is given on the command line: a name or an absolute path. */
  public String given() {
    return directory == null ? PREFIX + sql : directory.toString();
  }

  /** As {@link #given}, without secrets. */
  @Override
  public String toString() {
    return Redaction.uri(given());
  }
}
