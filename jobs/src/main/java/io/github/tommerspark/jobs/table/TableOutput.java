package io.github.tommerspark.jobs.table;

import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.ObjectStore;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.output.WriterId;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Sha256;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table that annotate adds to or replaces. The format's own commit makes the rows of a run
 * visible; it carries what made them, by which a run or a batch that is repeated is found.
 */
public final class TableOutput {

  private static final Logger LOG = LoggerFactory.getLogger(TableOutput.class);

  private final SparkSession spark;
  private final TableName table;
  private final TableFormat format;
  private final TableWriter writer;
  private final WriteMode mode;
  private final boolean batches;
  private boolean exists;
  private TableHistory history;

  private TableOutput(
      SparkSession spark, TableName table, TableFormat format, WriteMode mode, boolean batches) {
    this.spark = spark;
    this.table = table;
    this.format = format;
    this.writer = new TableWriter(table, format);
    this.mode = mode;
    this.batches = batches;
  }

  /** Returns whether an output is a table. */
  public static boolean is(String output, OutputFormat format) {
    return TableName.is(output) || format != null && format.isTable();
  }

  /**
   * Looks at the table before any work is done.
   *
   * @param output name of a table with {@link TableName#PREFIX}, or a directory
   * @param format of the table; null for that of a table that is there
   * @param batches whether incremental runs add to it
   * @throws UserException if the mode does not allow what is there
   */
  public static TableOutput open(
      SparkSession spark,
      String output,
      OutputFormat format,
      WriteMode mode,
      boolean batches,
      String runId)
      throws IOException {
    Optional<TableFormat> wanted =
        Optional.ofNullable(format).map(f -> TableFormat.valueOf(f.name()));
    TableName table;
    if (TableName.is(output)) {
      wanted.ifPresent(TableFormat::require);
      table = TableName.of(output);
    } else {
      table = TableName.at(spark, directory(spark, output, wanted.orElseThrow()), wanted.get());
    }
    boolean exists = table.exists(spark);
    TableFormat found = wanted.orElse(null);
    if (exists) {
      found =
          table
              .formatOf(spark)
              .orElseThrow(
                  () ->
                      new UserException(
                          "Cannot write to %s: it is not a table of Iceberg or Delta"
                              .formatted(table)));
      if (wanted.isPresent() && found != wanted.get()) {
        throw new UserException(
            "Cannot write to %s: it is a table of %s, not of %s"
                .formatted(table, found.label(), wanted.get().label()));
      }
    } else if (found == null) {
      throw new UserException(
          "Cannot write to %s: there is no such table yet; to create it, give --output-format iceberg or delta"
              .formatted(table));
    }
    TableOutput opened = new TableOutput(spark, table, found, mode, batches);
    opened.look(exists);
    if (opened.commitOf(runId).isEmpty()) {
      opened.check();
    }
    return opened;
  }

  private static Path directory(SparkSession spark, String output, TableFormat format)
      throws IOException {
    Path path = new Path(output);
    var fs = path.getFileSystem(spark.sparkContext().hadoopConfiguration());
    Path directory = fs.makeQualified(path);
    if (format == TableFormat.ICEBERG && ObjectStore.holds(fs, directory)) {
      throw new UserException(
          "Cannot write a table of Iceberg to %s: a directory of an object store has no atomic rename, which its commits rest on there; name a table of a catalog with --output-table"
              .formatted(output));
    }
    return directory;
  }

  private void look(boolean there) throws IOException {
    exists = there;
    try {
      history = there ? TableHistory.read(spark, table, format, Map.of()) : TableHistory.none();
    } catch (Exception e) {
      // Spark throws checked exceptions that its signatures do not tell of.
      throw new UserException(
          "Cannot read the history of %s: %s%s"
              .formatted(
                  table,
                  Failures.line(e),
                  format == TableFormat.DELTA && Failures.line(e).contains("PARSE_SYNTAX")
                      ? "; Delta needs spark.sql.extensions and spark.sql.catalog.spark_catalog (docs/tables.md)"
                      : ""),
          e);
    }
  }

  private void check() {
    if (!exists) {
      return;
    }
    if (mode == WriteMode.ERROR && !batches) {
      throw new UserException(
          "Cannot write to %s: the table is there already; name another, or say --mode overwrite or --mode append"
              .formatted(this));
    }
    if (newest().isEmpty() && !spark.table(table.sql()).isEmpty()) {
      throw new UserException(
          "Cannot write to %s: it holds rows, and nothing tells that annotate has written them; name another table"
              .formatted(this));
    }
    boolean ofBatches =
        newest().filter(commit -> commit.operation() == Commit.Operation.BATCH).isPresent();
    if (batches && newest().isPresent() && !ofBatches) {
      throw new UserException(
          "Cannot write to %s: it holds rows that no incremental run wrote; name another table"
              .formatted(this));
    }
    if (mode == WriteMode.APPEND && !batches && ofBatches) {
      throw new UserException(
          "Cannot append to %s: it belongs to incremental runs; add to it with --incremental, or name another table"
              .formatted(this));
    }
  }

  /** Returns the commit that added rows last, as far as anything tells. */
  private Optional<TableCommit> newest() {
    return history.newest().isPresent() || history.isComplete() || !exists
        ? history.newest()
        : recorded();
  }

  /** Reads the property of the table, for when snapshots have expired. */
  private Optional<TableCommit> recorded() {
    return spark.sql("SHOW TBLPROPERTIES " + table.sql()).collectAsList().stream()
        .filter(row -> row.getString(0).equals(TableCommit.KEY))
        .flatMap(row -> TableCommit.parse(row.getString(1)).stream())
        .findFirst();
  }

  /** Returns the provenance of the rows that were added last; empty if there are none. */
  public Optional<Provenance> newestRun() {
    return newest().map(TableCommit::run);
  }

  /** The format of the table. */
  public TableFormat format() {
    return format;
  }

  /** Its directory; empty for a table of a catalog. */
  public Optional<Path> directory() {
    return Optional.ofNullable(table.directory());
  }

  /**
   * The commit of the run that the user gave this id, if its rows are in the table.
   *
   * @param runId null for none
   */
  public Optional<TableCommit> commitOf(String runId) {
    return runId == null ? Optional.empty() : ofRun(runId).flatMap(TableHistory.Entry::ours);
  }

  private Optional<TableHistory.Entry> ofRun(String runId) {
    return history.find(
        commit -> commit.transaction() != null && runId.equals(commit.transaction().runId()));
  }

  /**
   * Makes sure that what is to be written may stand beside what is there, and fits the columns of
   * the table.
   *
   * @param planned the provenance of this run, as far as it is known
   */
  public void checkAgainst(Provenance planned) {
    if (mode == WriteMode.APPEND && newest().isPresent()) {
      Optional<String> difference = planned.difference(newest().get().run());
      if (difference.isPresent()) {
        throw new UserException(
            "Cannot append to %s: %s; name another table".formatted(this, difference.get()));
      }
    }
    if (exists) {
      writer.requireColumns(spark, planned.output().columns());
    }
  }

  /**
   * Makes sure that writing does not destroy what is being read.
   *
   * @param inputs absolute paths or globs, or names of tables
   */
  public void checkAgainst(List<String> inputs) {
    for (String input : inputs) {
      boolean same =
          TableName.is(input)
              ? input.equalsIgnoreCase(toString())
              : table.directory() != null
                  && OutputDirectory.overlap(table.directory(), new Path(input));
      if (same) {
        throw new UserException(
            "Cannot write to %s: it is the input %s, or lies in it; name another table"
                .formatted(this, Redaction.uri(input)));
      }
    }
  }

  /** Returns whether a run has put rows there, or somebody else. */
  public boolean holdsData() {
    return exists && (newest().isPresent() || !spark.table(table.sql()).isEmpty());
  }

  /** A series of incremental runs that began after this one, if there is one. */
  public Optional<String> seriesAfter(String id) {
    return history
        .find(
            commit ->
                commit.operation() == Commit.Operation.BATCH
                    && commit.transaction().series().compareTo(id) > 0)
        .flatMap(TableHistory.Entry::ours)
        .map(commit -> commit.transaction().series());
  }

  /** The number of the last batch of a series; -1 if the history has none. */
  public long lastBatch(String id) {
    return history
        .find(commit -> isOf(commit, id))
        .flatMap(TableHistory.Entry::ours)
        .map(commit -> commit.transaction().batch())
        .orElse(-1L);
  }

  private static boolean isOf(TableCommit commit, String series) {
    return commit.operation() == Commit.Operation.BATCH
        && commit.transaction().series().equals(series);
  }

  /**
   * Returns whether snapshots have expired, so that a batch may be in the table without a trace.
   */
  public boolean forgets() {
    return !history.isComplete();
  }

  /**
   * Returns whether a batch that is in the table was made of these files; true if nothing tells.
   */
  public boolean isOf(String series, long batch, List<String> files) {
    return history
        .find(commit -> isOf(commit, series) && commit.transaction().batch() == batch)
        .flatMap(TableHistory.Entry::ours)
        .map(commit -> commit.inputs().equals(sha256(files)))
        .orElse(true);
  }

  /** The commit of a run that begins. */
  public TableCommit runCommit(String runId, Provenance planned) {
    Commit.Operation operation =
        switch (mode) {
          case ERROR -> Commit.Operation.NEW;
          case APPEND -> Commit.Operation.APPEND;
          case OVERWRITE -> Commit.Operation.OVERWRITE;
        };
    return commit(operation, Commit.Transaction.run(runId), null, planned);
  }

  /**
   * The commit of a batch that begins.
   *
   * @param files that it reads
   */
  public TableCommit batchCommit(
      String series, long batch, List<String> files, Provenance planned) {
    return commit(
        Commit.Operation.BATCH, Commit.Transaction.batch(series, batch), sha256(files), planned);
  }

  private static TableCommit commit(
      Commit.Operation operation,
      Commit.Transaction transaction,
      String inputs,
      Provenance planned) {
    String writer = WriterId.next(Instant.now());
    return new TableCommit(
        TableCommit.FORMAT, operation, writer, transaction, inputs, planned.withRun(writer));
  }

  private static String sha256(List<String> names) {
    return Sha256.hex(String.join("\n", names));
  }

  /**
   * Writes rows and commits them.
   *
   * @return rows that the table has got, by its own count
   * @throws UserException if they were not committed, or the same run was committed by another
   *     process meanwhile
   */
  public long write(Dataset<Row> rows, TableCommit commit) throws IOException {
    boolean first = history.newest().isEmpty();
    try {
      if (!exists && mode == WriteMode.APPEND) {
        writer.createEmpty(rows.sparkSession(), rows.schema());
        exists = true;
      }
      if (!exists) {
        writer.create(rows, commit);
      } else if (commit.operation() == Commit.Operation.OVERWRITE) {
        writer.overwrite(rows, commit, history.version());
      } else {
        writer.append(rows, commit);
      }
    } catch (TableAlreadyExistsException | TableWriter.CreatedMeanwhile e) {
      throw new UserException(
          "Cannot write to %s: another run has created it meanwhile; nothing of this run was added"
              .formatted(this),
          e);
    } catch (Exception e) {
      // A failure after the commit, or one of which the format does not know what came of it.
      if (!isThere(commit, e)) {
        throw e instanceof IOException io ? io : new IOException(e);
      }
      LOG.warn("The rows are in {}, though it seemed to fail: {}", this, Failures.line(e));
      return finish(commit, first);
    }
    refresh();
    return finish(commit, first);
  }

  private void refresh() throws IOException {
    look(table.exists(spark));
  }

  private boolean isThere(TableCommit commit, Exception failure) throws IOException {
    try {
      refresh();
    } catch (UserException e) {
      failure.addSuppressed(e);
      throw new IOException(
          "Cannot tell whether the rows are in %s: %s; see whether a commit of it names %s, or run again with the same --run-id"
              .formatted(this, Failures.line(failure), commit.writer()),
          failure);
    }
    return own(commit).isPresent();
  }

  private Optional<TableHistory.Entry> own(TableCommit commit) {
    return history.find(other -> other.writer().equals(commit.writer()));
  }

  private long finish(TableCommit commit, boolean first) {
    TableHistory.Entry own =
        own(commit)
            .orElseThrow(
                () ->
                    new UserException(
                        "Nothing was added to %s: it remembers %s as done, by another run at this time or by one whose rows have been overwritten or rolled back since; give the run another --run-id"
                            .formatted(this, transaction(commit))));
    Optional<TableHistory.Entry> same = history.first(other -> other.isSameAs(commit));
    if (same.isPresent() && !same.get().version().equals(own.version())) {
      throw new UserException(
          "%s is in %s twice: %s by another run at this time and %s by this one; roll the table back to before this one"
              .formatted(
                  transaction(commit),
                  this,
                  TableHistory.named(format, same.get()),
                  TableHistory.named(format, own)));
    }
    if (first || commit.operation() == Commit.Operation.OVERWRITE) {
      writer.record(spark, commit);
    }
    LOG.info("Committed to {} as {}", this, TableHistory.named(format, own));
    return own.rows();
  }

  private static String transaction(TableCommit commit) {
    Commit.Transaction transaction = commit.transaction();
    if (transaction == null) {
      return "the run";
    }
    return transaction.runId() != null
        ? "the run " + transaction.runId()
        : String.format(Locale.ROOT, "batch %d of %s", transaction.batch(), transaction.series());
  }

  @Override
  public String toString() {
    return table.toString();
  }
}
