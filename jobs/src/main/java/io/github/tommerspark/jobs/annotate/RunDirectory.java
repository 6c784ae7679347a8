package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.ObjectStore;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * A run as a commit of a directory.
 *
 * @param output where to write
 * @param options of it
 */
record RunDirectory(OutputDirectory output, OutputOptions options) implements RunOutput {

  static RunDirectory open(SparkSession spark, OutputOptions options) throws IOException {
    OutputDirectory output =
        OutputDirectory.open(
            options.path(),
            options.mode(),
            options.runId(),
            spark.sparkContext().hadoopConfiguration());
    ObjectStore.checkCommitter(spark, output.path());
    return new RunDirectory(output, options);
  }

  @Override
  public void checkAgainst(Corpus corpus) {
    output.checkAgainst(corpus.places());
  }

  @Override
  public String format() {
    return options.format().label();
  }

  @Override
  public Optional<Provenance> done() throws IOException {
    return output.commitOf(options.runId()).map(Commit::run);
  }

  @Override
  public void tidy() throws IOException {
    output.tidy();
  }

  @Override
  public void checkAgainst(Provenance planned) {
    output.checkAgainst(planned);
  }

  @Override
  public Added add(Provenance planned, Work work) throws IOException {
    try (OutputWriter writer = output.begin()) {
      // Somebody may have committed since.
      output.checkAgainst(planned);
      AnnotateResult result =
          work.annotate(
              planned.withRun(writer.id()), AnnotateJob.files(writer, options.format(), ""));
      Commit made = writer.commit(result.provenance(), options.runId());
      return new Added(made.writer().equals(writer.id()) ? result : null, made.run());
    }
  }

  @Override
  public String toString() {
    return output.toString();
  }
}
