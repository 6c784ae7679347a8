package io.github.tommerspark.jobs.table;

import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import io.github.tommerspark.jobs.dataset.Provenance;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A table that is read, in one snapshot of it: that which was asked for, or the one that is current
 * when it is opened.
 *
 * @param name of the table
 * @param rows of the snapshot
 * @param runs of annotate whose rows are in the snapshot, from the oldest to the newest
 */
public record TableInput(TableName name, Dataset<Row> rows, List<Provenance> runs) {

  /**
   * Opens the table that was given, by its name or by its directory.
   *
   * @param given paths, globs or names
   * @param options of Spark's reader, which may choose a snapshot
   * @return empty if what was given is no table
   * @throws UserException if there is no table of that name, or it was not given alone
   */
  public static Optional<TableInput> find(
      SparkSession spark, List<String> given, Map<String, String> options) {
    for (String one : given) {
      Optional<TableName> name = name(spark, one);
      if (name.isPresent() && given.size() > 1) {
        throw new UserException(
            "Cannot read %s together with other inputs: a table is read alone"
                .formatted(name.get()));
      } else if (name.isPresent()) {
        return Optional.of(read(spark, name.get(), options));
      }
    }
    return Optional.empty();
  }

  private static Optional<TableName> name(SparkSession spark, String given) {
    if (TableName.is(given)) {
      return Optional.of(TableName.of(given));
    }
    try {
      Path path = new Path(given);
      FileSystem fs = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
      return TableName.in(spark, fs.makeQualified(path));
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot read the input %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
    }
  }

  private static TableInput read(SparkSession spark, TableName name, Map<String, String> options) {
    if (!name.exists(spark)) {
      throw new UserException(
          "Cannot read %s: Spark knows no table of that name; are its catalog's settings (spark.sql.catalog.…) given?"
              .formatted(name));
    }
    Map<String, String> all = new HashMap<>(options);
    List<Provenance> runs = List.of();
    Optional<TableFormat> format = name.formatOf(spark);
    if (format.isPresent()) {
      format.get().checkOptions(name.toString(), options);
      TableHistory history = TableHistory.read(spark, name, format.get(), options);
      runs = history.runs();
      if (!format.get().chooses(options)) {
        // Rows are counted after they have been read: both of the same snapshot.
        history.version().ifPresent(version -> all.put(format.get().versionOption(), version));
      }
    }
    return new TableInput(name, spark.read().options(all).table(name.sql()), runs);
  }
}
