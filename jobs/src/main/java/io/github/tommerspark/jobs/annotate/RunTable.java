package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.table.TableCommit;
import io.github.tommerspark.jobs.table.TableOutput;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * A run as a commit of a table.
 *
 * @param table where to write
 * @param runId that the user gave the run; null for none
 */
record RunTable(TableOutput table, String runId) implements RunOutput {

  static RunTable open(SparkSession spark, OutputOptions options) throws IOException {
    return new RunTable(
        TableOutput.open(
            spark, options.path(), options.format(), options.mode(), false, options.runId()),
        options.runId());
  }

  @Override
  public void checkAgainst(Corpus corpus) {
    table.checkAgainst(corpus.paths());
  }

  @Override
  public String format() {
    return table.format().label();
  }

  @Override
  public Optional<Provenance> done() {
    return table.commitOf(runId).map(TableCommit::run);
  }

  @Override
  public void tidy() {
    // What is not committed, the format's own means remove.
  }

  @Override
  public void checkAgainst(Provenance planned) {
    table.checkAgainst(planned);
  }

  @Override
  public Added add(Provenance planned, Work work) throws IOException {
    TableCommit commit = table.runCommit(runId, planned);
    AnnotateResult result =
        work.annotate(commit.run(), rows -> AnnotateJob.Written.to(table.write(rows, commit)));
    return new Added(result, result.provenance());
  }

  @Override
  public String toString() {
    return table.toString();
  }
}
