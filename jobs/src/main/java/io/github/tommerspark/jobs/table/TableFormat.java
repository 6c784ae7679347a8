package io.github.tommerspark.jobs.table;

import io.github.tommerspark.message.UserException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.SparkSession;

/** The formats of tables that can be written. */
public enum TableFormat {
  /** Apache Iceberg. */
  ICEBERG(
      "org.apache.iceberg.spark.SparkCatalog",
      Map.of(
          "3.5", "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.1",
          "4.0", "org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0",
          "4.1", "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0"),
      Set.of("snapshot-id", "as-of-timestamp", "branch", "tag")),
  /** Delta Lake. */
  DELTA(
      "io.delta.sql.DeltaSparkSessionExtension",
      Map.of(
          "3.5", "io.delta:delta-spark_2.12:3.3.2",
          "4.0", "io.delta:delta-spark_4.0_2.13:4.4.0",
          "4.1", "io.delta:delta-spark_4.1_2.13:4.4.0"),
      Set.of("versionasof", "timestampasof"));

  private static final String EXTENSIONS = "spark.sql.extensions";
  private static final String SESSION_CATALOG = "spark.sql.catalog.spark_catalog";
  private static final String DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog";

  private final String mark;

  /** By line of Spark. */
  private final Map<String, String> packages;

  private final Set<String> snapshots;

  TableFormat(String mark, Map<String, String> packages, Set<String> snapshots) {
    this.mark = mark;
    this.packages = packages;
    this.snapshots = snapshots;
  }

  /** Spark's name of it, which is also the one on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The format that a table's provider names; empty for all others. */
  static Optional<TableFormat> ofProvider(String provider) {
    return Arrays.stream(values())
        .filter(format -> format.label().equalsIgnoreCase(provider))
        .findFirst();
  }

  /** Returns whether its jars are on the class path of the driver. */
  private boolean isThere() {
    try {
      Class.forName(mark, false, Thread.currentThread().getContextClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * Makes sure that Spark has its jars.
   *
   * @throws UserException that says how to bring them, if not
   */
  void require() {
    if (!isThere()) {
      throw new UserException(
          "The jars of %s are not among Spark's: bring %s (docs/tables.md)"
              .formatted(label(), jarsFor(SparkSession.active().version())));
    }
  }

  /** The jars to bring to a version of Spark, as a message names them. */
  String jarsFor(String spark) {
    String line = spark.replaceFirst("^([0-9]+\\.[0-9]+).*", "$1");
    String tried = packages.get(line);
    return tried == null
        ? "those that are made for Spark " + line
        : "them, such as by --packages " + tried;
  }

  /**
   * Makes sure that options of a reader which choose a snapshot are those of this format; Spark
   * passes over those it does not know.
   *
   * @throws UserException naming one of another format
   */
  void checkOptions(String table, Map<String, String> options) {
    for (TableFormat other : values()) {
      for (String option : options.keySet()) {
        if (other != this && other.snapshots.contains(option.toLowerCase(Locale.ROOT))) {
          throw new UserException(
              "Cannot read %s with --input-option %s: it is a table of %s, whose snapshots are named by %s"
                  .formatted(table, option, label(), String.join(", ", snapshots)));
        }
      }
    }
  }

  /** Returns whether options of a reader choose a snapshot. */
  boolean chooses(Map<String, String> options) {
    return options.keySet().stream()
        .anyMatch(option -> snapshots.contains(option.toLowerCase(Locale.ROOT)));
  }

  /**
   * Options as the reader of this format takes them: on Spark 4, whose own options choose snapshots
   * of any table, that of Iceberg refuses its former ones.
   *
   * @param options as they are named here
   * @param spark the version of Spark that runs
   * @throws UserException if several choose a snapshot
   */
  Map<String, String> readerOptions(Map<String, String> options, String spark) {
    if (this != ICEBERG || spark.startsWith("3.")) {
      return options;
    }
    Map<String, String> read = new HashMap<>();
    options.forEach(
        (key, value) -> {
          String before =
              switch (key.toLowerCase(Locale.ROOT)) {
                case "snapshot-id", "branch", "tag" -> read.put("versionAsOf", value);
                case "as-of-timestamp" ->
                    read.put(
                        "timestampAsOf", Instant.ofEpochMilli(Long.parseLong(value)).toString());
                default -> {
                  read.put(key, value);
                  yield null;
                }
              };
          if (before != null) {
            throw new UserException(
                "Cannot read a table in more than one snapshot: give one of the options "
                    + String.join(", ", snapshots));
          }
        });
    return read;
  }

  /** The option that takes a version as {@link TableHistory} names it. */
  String versionOption() {
    return this == ICEBERG ? "snapshot-id" : "versionAsOf";
  }

  /**
   * Settings that Delta needs of a session before it starts, if its jars are there and the
   * session's catalog is no other: its extension beside those that are set, and its catalog.
   *
   * @param given returns the value of a setting as it is; null if there is none
   */
  public static Map<String, String> settings(UnaryOperator<String> given) {
    String catalog = given.apply(SESSION_CATALOG);
    if (!DELTA.isThere() || catalog != null && !catalog.equals(DELTA_CATALOG)) {
      return Map.of();
    }
    String extensions = given.apply(EXTENSIONS);
    if (extensions == null || extensions.isBlank()) {
      extensions = DELTA.mark;
    } else if (!Arrays.asList(extensions.split("\\s*,\\s*")).contains(DELTA.mark)) {
      extensions += "," + DELTA.mark;
    }
    return Map.of(EXTENSIONS, extensions, SESSION_CATALOG, DELTA_CATALOG);
  }
}
