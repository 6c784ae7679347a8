package io.github.tommerspark.jobs.table;

import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static final Pattern VERSIONED = Pattern.compile("(.+)@(\\d+)");

  /**
   * Opens the table that was given, by its name or by its directory.
   *
   * @param given paths, globs or names; with {@code @} and a snapshot id or version behind it, the
   *     table as it was then
   * @param options of Spark's reader, which may choose a snapshot
   * @return empty if what was given is no table
   * @throws UserException if there is no table of that name, or it was not given alone
   */
  public static Optional<TableInput> find(
      SparkSession spark, List<String> given, Map<String, String> options) {
    for (String one : given) {
      Optional<Reference> reference = reference(spark, one);
      if (reference.isPresent() && given.size() > 1) {
        throw new UserException(
            "Cannot read %s together with other inputs: a table is read alone"
                .formatted(reference.get().name()));
      } else if (reference.isPresent()) {
        return Optional.of(read(spark, reference.get(), options));
      }
    }
    return Optional.empty();
  }

  /** Returns whether what was given is a table, be it there or not if it was given by its name. */
  public static boolean is(SparkSession spark, String given) {
    return reference(spark, given).isPresent();
  }

  /** A table, and the version that was named with it; null for none. */
  private record Reference(TableName name, String version) {}

  private static Optional<Reference> reference(SparkSession spark, String given) {
    Matcher versioned = VERSIONED.matcher(given);
    if (versioned.matches()) {
      Optional<TableName> name = name(spark, versioned.group(1));
      if (name.isPresent()) {
        return Optional.of(new Reference(name.get(), versioned.group(2)));
      }
    }
    return name(spark, given).map(name -> new Reference(name, null));
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

  private static TableInput read(
      SparkSession spark, Reference reference, Map<String, String> options) {
    TableName name = reference.name();
    if (!name.exists(spark)) {
      throw new UserException(
          "Cannot read %s: Spark knows no table of that name; are its catalog's settings (spark.sql.catalog.…) given?"
              .formatted(name));
    }
    Map<String, String> all = new HashMap<>(options);
    List<Provenance> runs = List.of();
    Optional<TableFormat> format = name.formatOf(spark);
    if (format.isEmpty() && reference.version() != null) {
      throw new UserException(
          "Cannot read %s at version %s: it is not a table of Iceberg or Delta"
              .formatted(name, reference.version()));
    } else if (format.isPresent()) {
      if (reference.version() != null) {
        all.put(format.get().versionOption(), reference.version());
      }
      format.get().checkOptions(name.toString(), all);
      TableHistory history = TableHistory.read(spark, name, format.get(), Map.copyOf(all));
      runs = history.runs();
      if (!format.get().chooses(all)) {
        // Rows are counted after they have been read: both of the same snapshot.
        history.version().ifPresent(newest -> all.put(format.get().versionOption(), newest));
      }
    }
    Map<String, String> read =
        format.map(known -> known.readerOptions(all, spark.version())).orElse(all);
    return new TableInput(name, spark.read().options(read).table(name.sql()), runs);
  }
}
