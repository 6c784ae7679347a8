package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.ObjectStore;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputState;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Batches as directories {@code run=ID/batch=N} of an output. */
final class BatchDirectories implements BatchedOutput {

  private final OutputDirectory output;
  private final OutputOptions options;
  private OutputWriter writer;

  private BatchDirectories(OutputDirectory output, OutputOptions options) {
    this.output = output;
    this.options = options;
  }

  static BatchDirectories open(SparkSession spark, OutputOptions options) throws IOException {
    OutputDirectory output =
        OutputDirectory.openIncremental(options.path(), spark.sparkContext().hadoopConfiguration());
    ObjectStore.checkCommitter(spark, output.path());
    return new BatchDirectories(output, options);
  }

  @Override
  public void checkAgainst(List<String> inputs) {
    output.checkAgainst(inputs);
  }

  @Override
  public void begin() throws IOException {
    writer = output.begin();
  }

  @Override
  public String format() {
    return options.format().label();
  }

  private OutputState state() {
    return writer == null ? output.state() : writer.state();
  }

  @Override
  public boolean holdsData() {
    return state().holdsData();
  }

  @Override
  public Optional<String> seriesAfter(String series) {
    return state().seriesAfter(series);
  }

  @Override
  public long lastBatch(String series) {
    return state().lastBatch(series);
  }

  @Override
  public boolean forgets() {
    return false;
  }

  @Override
  public String placeOf(IncrementalRun run) {
    return new Path(output.path(), run.directory()).toString();
  }

  @Override
  public Optional<String> difference(IncrementalRun run, long batch, List<String> files)
      throws IOException {
    List<String> there =
        output
            .log()
            .batch(state(), run.id(), batch)
            .map(committed -> committed.input().paths())
            .orElse(List.of());
    return there.equals(files) ? Optional.empty() : Optional.of(BatchedOutput.listed(there));
  }

  @Override
  public Optional<AnnotateResult> add(
      IncrementalRun run, long batch, List<String> files, Provenance planned, RunOutput.Work work)
      throws IOException {
    String directory = run.directory() + "/batch=" + batch;
    AnnotateResult result =
        work.annotate(planned, AnnotateJob.files(writer, options.format(), directory));
    Commit made = writer.commitBatch(result.provenance(), run.id(), batch);
    return made.writer().equals(writer.id()) ? Optional.of(result) : Optional.empty();
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }

  @Override
  public String toString() {
    return output.toString();
  }
}
