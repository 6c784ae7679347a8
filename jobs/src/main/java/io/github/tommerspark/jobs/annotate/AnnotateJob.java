package io.github.tommerspark.jobs.annotate;

import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.size;

import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.table.TableOutput;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.spark.AnnotatePartition;
import io.github.tommerspark.spark.ExecutorSize;
import io.github.tommerspark.spark.MemoryEstimate;
import io.github.tommerspark.spark.PartitionReport;
import io.github.tommerspark.spark.PartitionReports;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads texts, finds their mentions on the executors, and writes both. */
public final class AnnotateJob {

  private static final Logger LOG = LoggerFactory.getLogger(AnnotateJob.class);

  private static final String MIN_PARTITIONS = "spark.sql.files.minPartitionNum";
  private static final int TASKS_PER_SLOT = 4;

  private final SparkSession spark;
  private final AnnotateOptions options;
  private final Instant started = Instant.now();

  AnnotateJob(SparkSession spark, AnnotateOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job. Everything that can be refused is refused before the first row is annotated.
   *
   * @throws UserException if the input, the output or a column stands in the way
   * @throws IOException if a model or the output cannot be read
   */
  public static AnnotateResult run(SparkSession spark, AnnotateOptions options) throws IOException {
    return new AnnotateJob(spark, options).run();
  }

  private AnnotateResult run() throws IOException {
    OutputOptions to = options.output();
    RunOutput output =
        TableOutput.is(to.path(), to.format())
            ? RunTable.open(spark, to)
            : RunDirectory.open(spark, to);
    List<ModelDescription> models = describeModels();
    cutFinely();
    Corpus corpus = Corpus.open(spark, options.corpus());
    output.checkAgainst(corpus);
    Layout layout = Layout.of(corpus, options.withModels(models));
    Provenance planned =
        plannedProvenance(corpus, layout, models, output.toString(), output.format());
    Optional<Provenance> done = output.done();
    if (done.isPresent()) {
      AnnotateResult before = repeated(to.runId(), done.get(), planned);
      output.tidy();
      return before;
    }
    output.checkAgainst(planned);
    Rows rows = new Rows(corpus.rows(), corpus.rows()::count);
    RunOutput.Added added =
        output.add(planned, (begun, destination) -> annotate(rows, layout, begun, destination));
    return added.result() != null ? added.result() : repeated(to.runId(), added.done(), planned);
  }

  /** Returns the result of an earlier run with this id. */
  private static AnnotateResult repeated(String runId, Provenance done, Provenance planned) {
    if (!done.input().equals(planned.input())) {
      throw new UserException(
          "Cannot use --run-id %s: that run has been committed with the input %s, and now it is %s; give every run an id of its own"
              .formatted(runId, shown(done.input()), shown(planned.input())));
    }
    Optional<String> difference = planned.difference(done);
    if (difference.isPresent()) {
      throw new UserException(
          "Cannot use --run-id %s: that run has been committed, but %s; give every run an id of its own"
              .formatted(runId, difference.get()));
    }
    LOG.info("The run {} is in the output already, as {}", runId, done.run());
    return new AnnotateResult(done, 0, true);
  }

  private static String shown(Provenance.Input input) {
    return "%s (%s)".formatted(String.join(" ", input.paths()), input.format());
  }

  /**
   * Cuts small inputs into several tasks for each slot, unless a setting says otherwise: texts take
   * differently long, and slots that are done early would wait for the last one.
   */
  private void cutFinely() {
    if (spark.conf().getOption(MIN_PARTITIONS).isEmpty()) {
      spark.conf().set(MIN_PARTITIONS, (long) TASKS_PER_SLOT * slots());
    }
  }

  /** Tasks that run at once. */
  private int slots() {
    return Math.max(
        1,
        spark.sparkContext().defaultParallelism()
            / Math.max(1, spark.sparkContext().conf().getInt("spark.task.cpus", 1)));
  }

  /**
   * Describes the models, and logs their warnings and the memory they need.
   *
   * @throws IOException if one cannot be read
   */
  List<ModelDescription> describeModels() throws IOException {
    List<ModelDescription> models = MentionDetector.describe(options.models(), options.engine());
    models.stream().flatMap(model -> model.warnings().stream()).distinct().forEach(LOG::warn);
    estimateMemory(models);
    return models;
  }

  /**
   * Rows to write.
   *
   * @param data the rows to annotate
   * @param done rows that are annotated already, as the output has them; null for none
   * @param files that are written at most; 0 for one per task that reads
   * @param count counts all rows, after they have been written
   */
  record Rows(Dataset<Row> data, Dataset<Row> done, int files, LongSupplier count) {

    /** Rows none of which is annotated. */
    Rows(Dataset<Row> data, LongSupplier count) {
      this(data, null, 0, count);
    }

    /** Both, with the columns of the annotated ones. */
    private Dataset<Row> with(Dataset<Row> annotated) {
      return done == null ? annotated : annotated.union(done).coalesce(files);
    }
  }

  /**
   * The rows that have been written.
   *
   * @param files to be committed, with their sizes in bytes; none for a table
   * @param rows that a table has got, by its own count; null for files
   */
  record Written(Map<String, Long> files, Long rows) {

    static Written to(long rowsOfTable) {
      return new Written(Map.of(), rowsOfTable);
    }
  }

  /** A destination of annotated rows. */
  interface Destination {

    /** Writes rows, each once. */
    Written write(Dataset<Row> annotated) throws IOException;
  }

  /**
   * Files in a directory of an output.
   *
   * @param directory empty for the output itself
   */
  static Destination files(OutputWriter writer, OutputFormat format, String directory) {
    return annotated -> new Written(writer.write(annotated, format, directory), null);
  }

  /**
   * Annotates rows, writes them and counts what was written.
   *
   * @param planned provenance, as far as it is known
   * @return with complete provenance; files are not yet committed
   * @throws UserException if the output does not have as many rows as the input
   */
  AnnotateResult annotate(Rows rows, Layout layout, Provenance planned, Destination destination)
      throws IOException {
    PartitionReports reports = new PartitionReports();
    spark.sparkContext().register(reports, "tommer-spark partition reports");
    long begin = System.nanoTime();
    Written written;
    try (ProgressMonitor watched =
        ProgressMonitor.start(spark.sparkContext(), reports, ProgressPrinter.standard())) {
      Dataset<Row> annotated =
          AnnotatePartition.annotate(
              Partitioning.of(rows.data(), options.repartition()),
              layout.plan(),
              layout.schema(),
              reports);
      written = destination.write(rows.with(annotated));
      LOG.debug("At the end: {}", watched.progress().line());
    }
    double seconds = (System.nanoTime() - begin) / 1e9;

    Collection<PartitionReport> reported = reports.value().values();
    Provenance.Counts counts =
        new RunCounts(spark, options, layout).of(rows.count().getAsLong(), written, reported);
    if (counts.rowsIn() != counts.rowsWritten()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Rows were lost or added: the input has %,d rows and the output %,d (%s)%s",
              counts.rowsIn(),
              counts.rowsWritten(),
              planned.output().path(),
              written.rows() == null
                  ? ""
                  : "; roll the table back to before %s".formatted(planned.run())));
    }
    Map<String, Provenance.Executor> executors = executors(reported);
    warnOfMemory(executors);
    String finished = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return new AnnotateResult(
        planned.finished(written.files(), counts, executors, seconds, finished),
        executors.values().stream().mapToDouble(Provenance.Executor::loadSeconds).max().orElse(0),
        false);
  }

  /** Says what executors will need, before the first one loads a model. */
  private void estimateMemory(List<ModelDescription> models) {
    ExecutorSize size =
        ExecutorSize.of(spark.sparkContext().conf(), Runtime.getRuntime().availableProcessors());
    boolean gpu = size.gpu() && options.engine().device() != DeviceChoice.CPU;
    MemoryEstimate estimate = MemoryEstimate.of(models, options.engine(), gpu, size.tasks());
    LOG.info(
        "Estimated memory of an executor, {}: {}",
        gpu ? "on its GPU" : "outside the heap",
        estimate);
    long needed = estimate.overheadMib(gpu);
    if (!size.local() && size.overheadMib() < needed) {
      LOG.warn(
          "spark.executor.memoryOverhead is {} MiB, but the models may take {} MiB outside the heap; where containers are bounded, as on YARN and Kubernetes, set --conf spark.executor.memoryOverhead={}m",
          size.overheadMib(),
          needed,
          needed);
    }
  }

  /** Batches that did not fit were scored again in smaller ones: nothing is missing, but time. */
  private void warnOfMemory(Map<String, Provenance.Executor> executors) {
    int least =
        executors.values().stream()
            .mapToInt(Provenance.Executor::batchTokens)
            .min()
            .orElse(Integer.MAX_VALUE);
    if (least < options.engine().batchTokens()) {
      LOG.warn(
          "{} of {} executors ran out of memory and went on with smaller batches: --batch-tokens {} fits all of them",
          executors.values().stream()
              .filter(executor -> executor.batchTokens() < options.engine().batchTokens())
              .count(),
          executors.size(),
          least);
    }
  }

  private static Map<String, Provenance.Executor> executors(Collection<PartitionReport> reports) {
    Map<String, Provenance.Executor> executors = new TreeMap<>();
    for (PartitionReport report : reports) {
      executors.merge(
          report.executor(),
          new Provenance.Executor(
              report.loads(), report.loadSeconds(), List.of(report.device()), report.batchTokens()),
          Provenance.Executor::and);
    }
    return executors;
  }

  /** The provenance as far as it is known before anything is written. */
  Provenance plannedProvenance(
      Corpus corpus, Layout layout, List<ModelDescription> models, String output, String format) {
    List<Provenance.Model> described = new ArrayList<>();
    for (int m = 0; m < models.size(); m++) {
      described.add(Provenance.Model.of(models.get(m), layout.mentions().get(m), options.engine()));
    }
    return new Provenance(
        "tommer-spark",
        Version.number(),
        null,
        started.truncatedTo(ChronoUnit.SECONDS).toString(),
        null,
        new TreeMap<>(options.given()),
        new Provenance.Input(
            corpus.paths().stream().map(Redaction::uri).toList(),
            corpus.format().label(),
            corpus.textColumn(),
            layout.idColumn()),
        new Provenance.Output(output, format, layout.types(), Map.of()),
        described,
        null,
        Map.of(),
        0);
  }
}
