package io.github.tommerspark.jobs.table;

import static org.apache.spark.sql.functions.lit;

import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes rows into a table, each time in one commit of the format, which carries ours in the way
 * that the format has for it.
 *
 * @param table where to write
 * @param format of the table
 */
record TableWriter(TableName table, TableFormat format) {

  private static final Logger LOG = LoggerFactory.getLogger(TableWriter.class);

  /** Delta knows a transaction by an application and a number that only grows. */
  private static final long ONLY = 1;

  /**
   * Refuses at once what the format would refuse when the work is done.
   *
   * @param planned Spark's types of the columns to write, by name
   * @throws UserException if the table has other columns
   */
  void requireColumns(SparkSession spark, Map<String, String> planned) {
    Map<String, String> there = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (StructField field : spark.table(table.sql()).schema().fields()) {
      there.put(field.name(), field.dataType().catalogString());
    }
    Map<String, String> here = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    here.putAll(planned);
    Map<String, String> all = new TreeMap<>(there);
    all.putAll(here);
    for (String name : all.keySet()) {
      if (!Objects.equals(there.get(name), here.get(name))) {
        throw new UserException(
            "Cannot write to %s: its column %s is %s there and %s now; change the table with ALTER TABLE, choose columns with --select, or name another table"
                .formatted(
                    table,
                    name,
                    there.getOrDefault(name, "absent"),
                    here.getOrDefault(name, "absent")));
      }
    }
  }

  /** Adds rows to a table that is there. */
  void append(Dataset<Row> rows, TableCommit commit) throws Exception {
    rows.writeTo(table.sql()).options(options(commit)).append();
  }

  /**
   * Replaces all rows of a table that is there.
   *
   * @param seen the version that was looked at; Iceberg refuses if there is a newer one
   */
  void overwrite(Dataset<Row> rows, TableCommit commit, Optional<String> seen) throws Exception {
    Map<String, String> options = options(commit);
    if (format == TableFormat.ICEBERG) {
      options.put("isolation-level", "serializable");
      seen.ifPresent(version -> options.put("validate-from-snapshot-id", version));
    }
    rows.writeTo(table.sql()).options(options).overwrite(lit(true));
  }

  private Map<String, String> options(TableCommit commit) {
    Map<String, String> options = new HashMap<>();
    if (format == TableFormat.ICEBERG) {
      options.put("snapshot-property." + TableCommit.KEY, commit.json());
      return options;
    }
    options.put("userMetadata", commit.json());
    Commit.Transaction transaction = commit.transaction();
    if (transaction != null) {
      boolean batch = transaction.batch() != null;
      options.put(
          "txnAppId",
          "tommer-spark:" + (batch ? transaction.series() : "run:" + transaction.runId()));
      options.put("txnVersion", Long.toString(batch ? transaction.batch() : ONLY));
    }
    return options;
  }

  /**
   * Creates the table without rows, unless somebody else has: so that two which append to a table
   * that is not there yet both can.
   */
  void createEmpty(SparkSession session, StructType schema) throws Exception {
    Dataset<Row> none = session.createDataFrame(List.of(), schema);
    try {
      create(none, Map.of());
    } catch (TableAlreadyExistsException | CreatedMeanwhile e) {
      LOG.info("Somebody else has created {}", table);
    }
  }

  /**
   * Creates the table with rows in one commit.
   *
   * @throws TableAlreadyExistsException if it is there
   * @throws CreatedMeanwhile if it is there, too
   */
  void create(Dataset<Row> rows, TableCommit commit) throws Exception {
    // Delta has no other way to say it of a table that is created.
    String metadata = "spark.databricks.delta.commitInfo.userMetadata";
    Map<String, String> options = options(commit);
    if (format == TableFormat.DELTA) {
      rows.sparkSession().conf().set(metadata, commit.json());
    }
    try {
      create(rows, options);
    } finally {
      if (format == TableFormat.DELTA) {
        rows.sparkSession().conf().unset(metadata);
      }
    }
  }

  /** Thrown for a directory, of which Delta tells it in words only. */
  static final class CreatedMeanwhile extends Exception {
    private static final long serialVersionUID = 1L;

    private CreatedMeanwhile(Exception cause) {
      super(cause);
    }
  }

  /** Creates the table in one commit: it is there with these rows, or not at all. */
  private void create(Dataset<Row> rows, Map<String, String> options) throws Exception {
    if (format == TableFormat.DELTA && table.directory() != null) {
      // By its directory, Delta creates a table in an empty one only, unless in this way.
      try {
        rows.write()
            .format(format.label())
            .mode("errorifexists")
            .options(options)
            .save(table.directory().toString());
      } catch (Exception e) {
        if (!table.exists(rows.sparkSession()) || !Failures.line(e).contains("PATH_EXISTS")) {
          throw e;
        }
        throw new CreatedMeanwhile(e);
      }
    } else {
      rows.writeTo(table.sql()).using(format.label()).options(options).create();
    }
  }

  /** Says what made the rows where it outlives snapshots. A warning if it cannot be said. */
  void record(SparkSession spark, TableCommit commit) {
    try {
      spark.sql(
          "ALTER TABLE %s SET TBLPROPERTIES ('%s' = '%s')"
              .formatted(
                  table.sql(),
                  TableCommit.KEY,
                  commit.json().replace("\\", "\\\\").replace("'", "\\'")));
    } catch (Exception e) {
      LOG.warn("Cannot set the property {} of {}: {}", TableCommit.KEY, table, Failures.line(e));
    }
  }
}
