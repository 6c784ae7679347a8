package io.github.tommerspark.jobs.table;

import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.Provenance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * The commits that have led to a table as it is, or as it was in a snapshot. What was rolled back
 * or overwritten is not among them.
 */
public final class TableHistory {

  /**
   * A commit.
   *
   * @param version id of the snapshot in Iceberg, number in Delta
   * @param time when it was made, in milliseconds
   * @param rows that it added; 0 if it does not say
   * @param ours what it says of a run of annotate; empty if it was made by something else
   */
  record Entry(String version, long time, long rows, Optional<TableCommit> ours) {}

  private final List<Entry> entries;
  private final boolean complete;

  private TableHistory(List<Entry> entries, boolean complete) {
    this.entries = List.copyOf(entries);
    this.complete = complete;
  }

  /** Of a table that is not there. */
  static TableHistory none() {
    return new TableHistory(List.of(), true);
  }

  /**
   * Reads it.
   *
   * @param options of a reader, which may choose a snapshot
   */
  static TableHistory read(
      SparkSession spark, TableName table, TableFormat format, Map<String, String> options) {
    Map<String, String> chosen = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    chosen.putAll(options);
    return switch (format) {
      case ICEBERG -> iceberg(spark, table, chosen);
      case DELTA -> delta(spark, table, chosen);
    };
  }

  private static TableHistory iceberg(
      SparkSession spark, TableName table, Map<String, String> chosen) {
    spark.catalog().refreshTable(table.sql());
    Map<Long, Row> snapshots = new HashMap<>();
    for (Row row :
        spark
            .table(table.sql() + ".snapshots")
            .select("snapshot_id", "parent_id", "committed_at", "summary")
            .collectAsList()) {
      snapshots.put(row.getLong(0), row);
    }
    String ref = chosen.getOrDefault("branch", chosen.getOrDefault("tag", "main"));
    Long next =
        chosen.containsKey("snapshot-id")
            ? Long.valueOf(chosen.get("snapshot-id"))
            : spark
                .table(table.sql() + ".refs")
                .select("name", "snapshot_id")
                .collectAsList()
                .stream()
                .filter(row -> row.getString(0).equals(ref))
                .map(row -> row.getLong(1))
                .findFirst()
                .orElse(null);
    long until = Long.parseLong(chosen.getOrDefault("as-of-timestamp", "" + Long.MAX_VALUE));
    List<Entry> entries = new ArrayList<>();
    while (next != null && snapshots.containsKey(next)) {
      Row row = snapshots.get(next);
      Map<String, String> summary = row.getJavaMap(3);
      Entry entry =
          new Entry(
              Long.toString(next),
              millis(row.get(2)),
              Long.parseLong(summary.getOrDefault("added-records", "0")),
              TableCommit.parse(summary.get(TableCommit.KEY)));
      if (entry.time() <= until) {
        entries.add(entry);
        if (overwrites(entry)) {
          next = null;
          break;
        }
      }
      next = row.isNullAt(1) ? null : row.getLong(1);
    }
    return new TableHistory(entries, next == null);
  }

  private static TableHistory delta(
      SparkSession spark, TableName table, Map<String, String> chosen) {
    long version = Long.parseLong(chosen.getOrDefault("versionAsOf", "" + Long.MAX_VALUE));
    long until =
        chosen.containsKey("timestampAsOf")
            ? millis(
                spark
                    .sql("SELECT CAST(:t AS TIMESTAMP)", Map.of("t", chosen.get("timestampAsOf")))
                    .first()
                    .get(0))
            : Long.MAX_VALUE;
    List<Row> rows =
        spark
            .sql("DESCRIBE HISTORY " + table.sql())
            .select(
                "version",
                "timestamp",
                "operation",
                "operationParameters",
                "operationMetrics",
                "userMetadata")
            .collectAsList();
    List<Entry> entries = new ArrayList<>();
    long oldest = Long.MAX_VALUE;
    for (Row row : rows) {
      long number = row.getLong(0);
      long time = millis(row.get(1));
      oldest = Math.min(oldest, number);
      if (number > version || time > until) {
        continue;
      }
      if ("RESTORE".equals(row.getString(2))) {
        // What came between it and what it restored is not there any more.
        Map<String, String> restored = row.getJavaMap(3);
        if (restored.get("version") != null) {
          version = Math.min(version, Long.parseLong(restored.get("version")));
        } else if (restored.get("timestamp") != null) {
          until = Math.min(until, millis(java.sql.Timestamp.valueOf(restored.get("timestamp"))));
        }
      }
      Map<String, String> metrics = row.isNullAt(4) ? Map.of() : row.getJavaMap(4);
      Entry entry =
          new Entry(
              Long.toString(number),
              time,
              Long.parseLong(metrics.getOrDefault("numOutputRows", "0")),
              TableCommit.parse(row.getString(5)));
      entries.add(entry);
      if (overwrites(entry)) {
        return new TableHistory(entries, true);
      }
    }
    return new TableHistory(entries, oldest == 0 || rows.isEmpty());
  }

  private static boolean overwrites(Entry entry) {
    return entry
        .ours()
        .filter(commit -> commit.operation() == Commit.Operation.OVERWRITE)
        .isPresent();
  }

  /** Spark's timestamps are of either class, by a setting. */
  private static long millis(Object timestamp) {
    return timestamp instanceof java.time.Instant instant
        ? instant.toEpochMilli()
        : ((java.sql.Timestamp) timestamp).getTime();
  }

  /** The version of the table; empty before its first commit. */
  Optional<String> version() {
    return entries.stream().findFirst().map(Entry::version);
  }

  /** Returns whether it reaches back to the first commit, or to one that replaced all rows. */
  boolean isComplete() {
    return complete;
  }

  /** The newest commit that says something of a run of annotate. */
  Optional<TableCommit> newest() {
    return entries.stream().flatMap(entry -> entry.ours().stream()).findFirst();
  }

  /** The runs whose rows are in the table, from the oldest to the newest. */
  public List<Provenance> runs() {
    List<Provenance> runs = new ArrayList<>();
    entries.forEach(entry -> entry.ours().ifPresent(commit -> runs.add(commit.run())));
    Collections.reverse(runs);
    return runs;
  }

  /** The newest commit of a kind. */
  Optional<Entry> find(Predicate<TableCommit> kind) {
    return entries.stream().filter(entry -> entry.ours().filter(kind).isPresent()).findFirst();
  }

  /** The oldest commit of a kind. */
  Optional<Entry> first(Predicate<TableCommit> kind) {
    return entries.stream()
        .filter(entry -> entry.ours().filter(kind).isPresent())
        .reduce((newer, older) -> older);
  }

  /** For messages. */
  static String named(TableFormat format, Entry entry) {
    return "%s %s"
        .formatted(format == TableFormat.ICEBERG ? "snapshot" : "version", entry.version())
        .toLowerCase(Locale.ROOT);
  }
}
