package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.table.TableCommit;
import io.github.tommerspark.jobs.table.TableOutput;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Batches as commits of a table. */
final class BatchCommits implements BatchedOutput {

  private final TableOutput table;

  private BatchCommits(TableOutput table) {
    this.table = table;
  }

  /**
   * Opens a table.
   *
   * @param newSeries whether all files are to be annotated again
   */
  static BatchCommits open(SparkSession spark, OutputOptions options, boolean newSeries)
      throws IOException {
    TableOutput table =
        TableOutput.open(spark, options.path(), options.format(), WriteMode.APPEND, true, null);
    if (newSeries && table.holdsData()) {
      throw new UserException(
          "Cannot begin again in %s with --new-output: all rows would be in the table twice; name another table"
              .formatted(table));
    }
    return new BatchCommits(table);
  }

  @Override
  public void checkAgainst(List<String> inputs) {
    table.checkAgainst(inputs);
  }

  @Override
  public void begin() {
    // Two may write at a time, and the format's commits tell which was first.
  }

  @Override
  public String format() {
    return table.format().label();
  }

  @Override
  public boolean holdsData() {
    return table.holdsData();
  }

  @Override
  public Optional<String> seriesAfter(String series) {
    return table.seriesAfter(series);
  }

  @Override
  public long lastBatch(String series) {
    return table.lastBatch(series);
  }

  @Override
  public boolean forgets() {
    return table.forgets();
  }

  @Override
  public String placeOf(IncrementalRun run) {
    return table.toString();
  }

  @Override
  public Optional<String> difference(IncrementalRun run, long batch, List<String> files) {
    return table.isOf(run.id(), batch, files) ? Optional.empty() : Optional.of("other files");
  }

  @Override
  public Optional<AnnotateResult> add(
      IncrementalRun run, long batch, List<String> files, Provenance planned, RunOutput.Work work)
      throws IOException {
    table.checkAgainst(planned);
    TableCommit commit =
        table.batchCommit(run.id(), batch, files, planned.reading(run.planned().input()));
    return Optional.of(
        work.annotate(planned, rows -> AnnotateJob.Written.to(table.write(rows, commit))));
  }

  @Override
  public void close() {
    // Nothing is announced, and what was not committed is nowhere.
  }

  @Override
  public String toString() {
    return table.toString();
  }
}
