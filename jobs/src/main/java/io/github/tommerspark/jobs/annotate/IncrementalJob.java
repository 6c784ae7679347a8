package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.ObjectStore;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.jobs.table.TableOutput;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.SparkMethods;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.execution.SQLExecution;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Annotates the files that no earlier run has annotated, and ends.
 *
 * <p>The bookkeeping is that of Structured Streaming: its file source remembers which files it has
 * handed out, in batches whose content is written down before they begin. The output's bookkeeping
 * are its commits, which name the batch and its files. A batch that was not committed is done
 * again; one that was is passed over if it has the same files, and refused if it has others. So
 * every row is there once, however often a run is killed and whatever becomes of the checkpoint.
 *
 * <p>Several inputs are one query over the union of a stream per input, not a query each: so there
 * is one checkpoint and one sequence of batches, and a run is done or not done as a whole. Spark
 * knows the streams by their order, which is why the inputs of a series are fixed.
 */
final class IncrementalJob {

  private static final Logger LOG = LoggerFactory.getLogger(IncrementalJob.class);

  private final SparkSession spark;
  private final Configuration hadoop;
  private final AnnotateOptions options;
  private final IncrementalOptions incremental;
  private final AnnotateJob job;

  private IncrementalJob(
      SparkSession spark, AnnotateOptions options, IncrementalOptions incremental) {
    this.spark = spark;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.options = options;
    this.incremental = incremental;
    this.job = new AnnotateJob(spark, options);
  }

  /**
   * Annotates what is new.
   *
   * @throws UserException if another run is writing to the output, if the output and the checkpoint
   *     do not belong together, if the models differ from those of earlier runs, or if new files
   *     lack columns
   * @throws IOException if a model, the output or the checkpoint cannot be read
   */
  static IncrementalResult run(
      SparkSession spark, AnnotateOptions options, IncrementalOptions incremental)
      throws IOException {
    return new IncrementalJob(spark, options, incremental).run();
  }

  /** The type in which earlier runs of the same output computed; empty for a new one. */
  static Optional<ComputeType> dtype(
      AnnotateOptions options, IncrementalOptions incremental, Configuration hadoop)
      throws IOException {
    return incremental.newOutput()
        ? Optional.empty()
        : IncrementalRun.latest(checkpoint(options, incremental, hadoop), hadoop)
            .flatMap(run -> Dtypes.of(run.planned()));
  }

  private static Path checkpoint(
      AnnotateOptions options, IncrementalOptions incremental, Configuration hadoop)
      throws IOException {
    if (incremental.checkpoint() != null) {
      return OutputDirectory.path(incremental.checkpoint(), hadoop);
    } else if (TableName.is(options.output().path())) {
      throw new UserException(
          "Cannot add to %s without --checkpoint: a table of a catalog has no place for the bookkeeping; name a directory that is kept"
              .formatted(options.output().path()));
    }
    Path output = OutputDirectory.path(options.output().path(), hadoop);
    return new Path(new Path(output, Provenance.FOLDER), "checkpoint");
  }

  private IncrementalResult run() throws IOException {
    Path checkpoint = checkpoint(options, incremental, hadoop);
    OutputOptions to = options.output();
    List<String> inputs = new ArrayList<>();
    for (String input : options.corpus().paths()) {
      inputs.add(OutputDirectory.path(input, hadoop).toString());
    }
    try (BatchedOutput output =
        TableOutput.is(to.path(), to.format())
            ? BatchCommits.open(spark, to, incremental.newOutput())
            : BatchDirectories.open(spark, to)) {
      output.checkAgainst(inputs);
      // Before anything is removed that only belongs to no commit because commits were lost.
      latest(output, checkpoint, inputs);
      output.begin();
      return run(output, checkpoint, inputs);
    }
  }

  /**
   * The latest series that the checkpoint knows.
   *
   * @throws UserException if it cannot be continued, and no other is to begin
   */
  private Optional<IncrementalRun> latest(
      BatchedOutput output, Path checkpoint, List<String> inputs) throws IOException {
    Optional<IncrementalRun> before = IncrementalRun.latest(checkpoint, hadoop);
    if (incremental.newOutput()) {
      return before;
    }
    if (before.isPresent()) {
      checkBelongs(before.get(), checkpoint, inputs, output);
    } else if (output.holdsData()) {
      throw new UserException(
          "Cannot add to %s: it holds data, but the checkpoint %s is new, so nothing tells which files that data comes from; give the --checkpoint that belongs to it, or begin again beside it with --new-output"
              .formatted(output, Redaction.uri(checkpoint.toString())));
    }
    return before;
  }

  private IncrementalResult run(BatchedOutput output, Path checkpoint, List<String> inputs)
      throws IOException {
    Optional<IncrementalRun> before = latest(output, checkpoint, inputs);
    boolean first = incremental.newOutput() || before.isEmpty();

    Corpus corpus = first ? firstCorpus() : null;
    InputFormat format = first ? corpus.format() : InputFormat.parse(before.get().format());
    StructType schema =
        first ? fixedSchema(corpus) : (StructType) DataType.fromJson(before.get().schema());
    String malformed = format.hasMalformedRecords() ? Corpus.MALFORMED : null;
    String text = Corpus.textColumn(schema, options.corpus().textColumn(), malformed);
    FileReading reading = FileReading.of(inputs, format, schema, text, options.corpus(), hadoop);
    Dataset<Row> stream = reading.stream(spark, incremental.maxFilesPerBatch());
    corpus = new Corpus(stream, format, inputs, text, malformed);
    List<ModelDescription> models = job.describeModels();
    Layout layout = Layout.of(corpus, options.withModels(models));
    Provenance planned =
        job.plannedProvenance(corpus, layout, models, output.toString(), output.format());

    IncrementalRun run;
    if (first) {
      run =
          new IncrementalRun(
              IncrementalRun.nextId(before),
              output.toString(),
              inputs.stream().map(Redaction::uri).toList(),
              format.label(),
              schema.json(),
              text,
              planned);
      run.write(checkpoint, hadoop);
    } else {
      run = before.get();
      checkSame(run, planned, text, output);
    }
    Batches batches = new Batches(run, checkpoint, reading, corpus, layout, planned, output);
    runQuery(stream, batches, run.bookkeeping(checkpoint));
    return new IncrementalResult(output.placeOf(run), batches.done, batches.loadSeconds);
  }

  private Corpus firstCorpus() {
    Corpus corpus = Corpus.open(spark, options.corpus());
    if (corpus.rows().inputFiles().length == 0) {
      throw new UserException(
          "Cannot tell the columns of the input: its files have no rows yet; the first run needs some, since it fixes the columns for all that follow");
    }
    return corpus;
  }

  /** The columns of the input, and one for malformed records wherever these are possible. */
  private static StructType fixedSchema(Corpus corpus) {
    StructType schema = new StructType(corpus.columns().toArray(StructField[]::new));
    return corpus.format().hasMalformedRecords()
        ? schema.add(Corpus.MALFORMED, DataTypes.StringType)
        : schema;
  }

  /** Checkpoint and output must tell the same story. */
  private void checkBelongs(
      IncrementalRun run, Path checkpoint, List<String> inputs, BatchedOutput output)
      throws IOException {
    String shown = Redaction.uri(checkpoint.toString());
    if (!run.output().equals(output.toString())) {
      throw new UserException(
          "Cannot add to %s: the checkpoint %s belongs to the output %s; name another --checkpoint"
              .formatted(output, shown, run.output()));
    }
    Optional<String> later = output.seriesAfter(run.id());
    if (later.isPresent()) {
      throw new UserException(
          "Cannot add to %s: it holds the series %s, and the newest that the checkpoint %s knows is %s; give the --checkpoint that belongs to it, or begin again with --new-output"
              .formatted(output, later.get(), shown, run.id()));
    }
    long written = output.lastBatch(run.id());
    if (written >= 0 && last(new Path(run.bookkeeping(checkpoint), "offsets")) < 0) {
      throw new UserException(
          "Cannot add to %s: it holds data, but the checkpoint %s is empty; restore the checkpoint, of whatever age, or begin again with --new-output"
              .formatted(output, shown));
    }
    long finished = last(new Path(run.bookkeeping(checkpoint), "commits"));
    // A table whose snapshots have expired cannot tell.
    boolean forgotten = written < 0 && output.forgets();
    if (finished > written && !forgotten) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "Cannot add to %s: the checkpoint %s says that batch %d was written, but %s in %s; restore the output, or begin again with --new-output",
              output,
              shown,
              finished,
              written < 0
                  ? "there is no data"
                  : String.format(Locale.ROOT, "the last one is batch %d", written),
              output.placeOf(run)));
    }
    List<String> shownInputs = inputs.stream().map(Redaction::uri).toList();
    if (!run.inputs().equals(shownInputs)) {
      throw new UserException(
          "Cannot add to %s: --input is %s there and %s now; give the same in the same order (a directory or a glob takes in new files), or begin again with --new-output"
              .formatted(output, String.join(" ", run.inputs()), String.join(" ", shownInputs)));
    }
    if (options.corpus().format() != null
        && !options.corpus().format().label().equals(run.format())) {
      throw new UserException(
          "Cannot add to %s: --input-format is %s there and %s now; begin again with --new-output"
              .formatted(output, run.format(), options.corpus().format().label()));
    }
  }

  private static void checkSame(
      IncrementalRun run, Provenance planned, String text, BatchedOutput output) {
    Optional<String> difference = planned.difference(run.planned());
    if (difference.isEmpty() && !run.textColumn().equals(text)) {
      difference =
          Optional.of("--text-column is %s there and %s now".formatted(run.textColumn(), text));
    }
    if (difference.isPresent()) {
      throw new UserException(
          "Cannot add to %s: %s; name another --output, or begin again beside it with --new-output"
              .formatted(output, difference.get()));
    }
  }

  /** The highest number that a file of Spark's bookkeeping has; -1 if there is none. */
  private long last(Path directory) throws IOException {
    try {
      return Arrays.stream(directory.getFileSystem(hadoop).listStatus(directory))
          .map(file -> file.getPath().getName())
          .filter(name -> name.matches("\\d{1,18}"))
          .mapToLong(Long::parseLong)
          .max()
          .orElse(-1);
    } catch (FileNotFoundException e) {
      return -1;
    }
  }

  private void runQuery(
      Dataset<Row> stream, VoidFunction2<Dataset<Row>, Long> batches, Path bookkeeping)
      throws IOException {
    ObjectStore.prepareCheckpoint(spark, bookkeeping);
    StreamingQuery query = null;
    try {
      DataStreamWriter<Row> writer =
          stream.writeStream().trigger(Trigger.AvailableNow()).foreachBatch(batches);
      SparkMethods.call(
          DataStreamWriter.class, "option", writer, "checkpointLocation", bookkeeping.toString());
      query = writer.start();
      query.awaitTermination();
    } catch (StreamingQueryException | TimeoutException e) {
      throw new IOException(e);
    } finally {
      if (query != null) {
        stop(query);
      }
    }
  }

  private static void stop(StreamingQuery query) throws IOException {
    try {
      query.stop();
    } catch (TimeoutException e) {
      throw new IOException(e);
    }
  }

  /**
   * The files of each input that the running batch reads; its rows would tell only when they are
   * read.
   */
  private List<List<Path>> batchFiles() {
    String execution = spark.sparkContext().getLocalProperty(SQLExecution.EXECUTION_ID_KEY());
    LogicalPlan plan = SQLExecution.getQueryExecution(Long.parseLong(execution)).logical();
    return SparkMethods.list(TreeNode.class, "collectLeaves", plan).stream()
        .map(
            leaf ->
                leaf instanceof LogicalRelation found
                        && found.relation() instanceof HadoopFsRelation files
                    ? Arrays.stream(files.location().inputFiles())
                        .map(file -> new Path(URI.create(file)))
                        .distinct()
                        .toList()
                    : List.<Path>of())
        .toList();
  }

  /** Writes one batch after the other. */
  private final class Batches implements VoidFunction2<Dataset<Row>, Long> {

    private static final long serialVersionUID = 1L;

    private final transient IncrementalRun run;
    private final transient Path checkpoint;
    private final transient FileReading reading;
    private final transient Corpus corpus;
    private final transient Layout layout;
    private final transient Provenance planned;
    private final transient BatchedOutput output;
    private final transient List<Provenance> done = new ArrayList<>();
    private transient double loadSeconds;

    Batches(
        IncrementalRun run,
        Path checkpoint,
        FileReading reading,
        Corpus corpus,
        Layout layout,
        Provenance planned,
        BatchedOutput output) {
      this.run = run;
      this.checkpoint = checkpoint;
      this.reading = reading;
      this.corpus = corpus;
      this.layout = layout;
      this.planned = planned;
      this.output = output;
    }

    @Override
    public void call(Dataset<Row> batch, Long number) throws IOException {
      String began = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      List<List<Path>> ofInputs = batchFiles();
      List<String> files =
          ofInputs.stream().flatMap(List::stream).map(Path::toString).sorted().toList();
      List<String> shown = files.stream().map(Redaction::uri).toList();
      long last = output.lastBatch(run.id());
      if (number <= last) {
        passOver(number, shown);
        return;
      } else if (number > last + 1 && !(last < 0 && output.forgets())) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Cannot add batch %d to %s: the last one in it is batch %d; the checkpoint %s is ahead of the output; restore the output, or begin again with --new-output",
                number,
                output,
                last,
                Redaction.uri(checkpoint.toString())));
      }
      SchemaChange.check(spark, corpus, layout, options.corpus(), files);

      boolean special = ofInputs.stream().flatMap(List::stream).anyMatch(Corpus::isGlob);
      Dataset<Row> rows = special ? reading.again(batch.sparkSession(), ofInputs) : batch;
      Provenance begun =
          planned.ofBatch(
              String.format(Locale.ROOT, "%s-batch-%06d", run.id(), number), began, shown);
      Optional<AnnotateResult> added =
          output.add(
              run,
              number,
              shown,
              begun,
              (provenance, destination) ->
                  job.annotate(
                      new AnnotateJob.Rows(rows, rows::count), layout, provenance, destination));
      if (added.isEmpty()) {
        passOver(number, shown);
        return;
      }
      AnnotateResult result = added.get();
      done.add(result.provenance());
      loadSeconds = Math.max(loadSeconds, result.modelLoadSeconds());
      LOG.info(
          "Batch {}: {} rows of {} files",
          number,
          result.provenance().counts().rowsWritten(),
          files.size());
    }

    /** A batch that the output has: with the same files, it is done. */
    private void passOver(long number, List<String> files) throws IOException {
      Optional<String> there = output.difference(run, number, files);
      if (there.isPresent()) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Cannot add batch %d to %s: it is in the output with %s, and the checkpoint %s has %s for it; the checkpoint was rolled back, or is that of another run; restore the newest one, or begin again with --new-output",
                number,
                output,
                there.get(),
                Redaction.uri(checkpoint.toString()),
                BatchedOutput.listed(files)));
      }
      LOG.info("Batch {} is in the output already", number);
    }
  }
}
