package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.InputFormat;
import io.github.tommerspark.jobs.dataset.ObjectStore;
import io.github.tommerspark.jobs.dataset.OutputDirectory;
import io.github.tommerspark.jobs.dataset.Provenance;
import io.github.tommerspark.jobs.dataset.WriterLock;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.streaming.StreamingQueryWrapper;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.JavaConverters;

/**
 * Annotates the files that no earlier run has annotated, and ends.
 *
 * <p>The bookkeeping is that of Structured Streaming: its file source remembers which files it has
 * handed out, in batches whose content is written down before they begin. A batch that was not
 * finished is done again with the same files under the same number, and replaces {@code
 * run=<id>/batch=<number>} in the output, so that however often a run is killed, every row is there
 * once in the end.
 *
 * <p>Several inputs are one query over the union of a stream per input, not a query each: so there
 * is one checkpoint and one sequence of batches, and a run is done or not done as a whole. Spark
 * knows the streams by their order, which is why the inputs of a series are fixed.
 */
final class IncrementalJob {

  private static final Logger LOG = LoggerFactory.getLogger(IncrementalJob.class);

  /** The local property in which Spark names the query that a batch belongs to. */
  private static final String QUERY_ID = "sql.streaming.queryId";

  /** The name of a line's column in Spark's text source. */
  private static final String TEXT_VALUE = "value";

  private final SparkSession spark;
  private final Configuration hadoop;
  private final AnnotateOptions options;
  private final IncrementalOptions incremental;
  private final AnnotateJob job;
  private final WriterLock.Timing timing;

  private IncrementalJob(
      SparkSession spark,
      AnnotateOptions options,
      IncrementalOptions incremental,
      WriterLock.Timing timing) {
    this.spark = spark;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.options = options;
    this.incremental = incremental;
    this.job = new AnnotateJob(spark, options);
    this.timing = timing;
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
      SparkSession spark,
      AnnotateOptions options,
      IncrementalOptions incremental,
      WriterLock.Timing timing)
      throws IOException {
    return new IncrementalJob(spark, options, incremental, timing).run();
  }

  /** The type in which earlier runs of the same output computed; empty for a new one. */
  static Optional<ComputeType> dtype(
      AnnotateOptions options, IncrementalOptions incremental, Configuration hadoop)
      throws IOException {
    Path output = OutputDirectory.path(options.output().path(), hadoop);
    return incremental.newOutput()
        ? Optional.empty()
        : IncrementalRun.latest(checkpoint(output, incremental, hadoop), hadoop)
            .flatMap(run -> Dtypes.of(run.planned()));
  }

  private static Path checkpoint(Path output, IncrementalOptions incremental, Configuration hadoop)
      throws IOException {
    return incremental.checkpoint() == null
        ? new Path(new Path(output, Provenance.FOLDER), "checkpoint")
        : OutputDirectory.path(incremental.checkpoint(), hadoop);
  }

  private IncrementalResult run() throws IOException {
    Path path = OutputDirectory.openIncremental(options.output().path(), hadoop).path();
    try (WriterLock lock =
        WriterLock.acquire(path, hadoop, timing, spark.sparkContext()::cancelAllJobs)) {
      ObjectStore.checkCommitter(spark, path);
      ObjectStore.abortUploads(path, hadoop);
      // Looked at again, now that nobody else can change it.
      return run(OutputDirectory.openIncremental(options.output().path(), hadoop), lock);
    }
  }

  private IncrementalResult run(OutputDirectory output, WriterLock lock) throws IOException {
    Path checkpoint = checkpoint(output.path(), incremental, hadoop);
    List<String> inputs = new ArrayList<>();
    for (String input : options.corpus().paths()) {
      inputs.add(OutputDirectory.path(input, hadoop).toString());
    }
    output.checkAgainst(inputs);
    Optional<IncrementalRun> before = IncrementalRun.latest(checkpoint, hadoop);
    boolean first = incremental.newOutput() || before.isEmpty();
    if (first && !incremental.newOutput() && output.hadData("")) {
      throw new UserException(
          "Cannot add to %s: it holds data, but the checkpoint %s is new, so nothing tells which files that data comes from; give the --checkpoint that belongs to it, or begin again beside it with --new-output"
              .formatted(output, Redaction.uri(checkpoint.toString())));
    }
    if (!first) {
      checkBelongs(before.get(), checkpoint, inputs, output);
    }

    Corpus corpus = first ? firstCorpus() : null;
    InputFormat format = first ? corpus.format() : InputFormat.parse(before.get().format());
    StructType schema =
        first ? fixedSchema(corpus) : (StructType) DataType.fromJson(before.get().schema());
    String malformed = format.hasMalformedRecords() ? Corpus.MALFORMED : null;
    String text = Corpus.textColumn(schema, options.corpus().textColumn(), malformed);
    Dataset<Row> stream = stream(inputs, format, schema, text);
    corpus = new Corpus(stream, format, inputs, text, malformed);
    Layout layout = Layout.of(corpus, options);
    Provenance planned = job.plannedProvenance(corpus, layout, job.describeModels(), output);

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
    Batches batches = new Batches(run, corpus, layout, planned, output, lock);
    runQuery(stream, batches, run.bookkeeping(checkpoint));
    lock.check();
    return new IncrementalResult(
        new Path(output.path(), run.directory()).toString(), batches.done, batches.loadSeconds);
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
      IncrementalRun run, Path checkpoint, List<String> inputs, OutputDirectory output)
      throws IOException {
    String shown = Redaction.uri(checkpoint.toString());
    if (!run.output().equals(output.toString())) {
      throw new UserException(
          "Cannot add to %s: the checkpoint %s belongs to the output %s; name another --checkpoint"
              .formatted(output, shown, run.output()));
    }
    boolean written = output.hadData(run.directory() + "/");
    boolean begun = holdsFiles(new Path(run.bookkeeping(checkpoint), "offsets"));
    boolean finished = holdsFiles(new Path(run.bookkeeping(checkpoint), "commits"));
    if (written && !begun) {
      throw new UserException(
          "Cannot add to %s: it holds data, but the checkpoint %s is empty; restore the checkpoint, or begin again with --new-output"
              .formatted(output, shown));
    }
    if (finished && !written) {
      throw new UserException(
          "Cannot add to %s: the checkpoint %s says that batches were written, but there is no data in %s; restore the data, or begin again with --new-output"
              .formatted(output, shown, run.directory()));
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
      IncrementalRun run, Provenance planned, String text, OutputDirectory output) {
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

  private boolean holdsFiles(Path directory) throws IOException {
    try {
      return Arrays.stream(directory.getFileSystem(hadoop).listStatus(directory))
          .anyMatch(file -> file.getPath().getName().matches("\\d+"));
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  /** The rows of all inputs. */
  private Dataset<Row> stream(
      List<String> inputs, InputFormat format, StructType schema, String text) throws IOException {
    StructType asRead =
        format == InputFormat.TEXT
            ? new StructType(
                Arrays.stream(schema.fields())
                    .map(
                        field ->
                            field.name().equals(text)
                                ? DataTypes.createStructField(
                                    TEXT_VALUE, field.dataType(), field.nullable())
                                : field)
                    .toArray(StructField[]::new))
            : schema;
    Column[] columns =
        Arrays.stream(schema.fieldNames())
            .map(name -> new Column("`" + name.replace("`", "``") + "`"))
            .toArray(Column[]::new);
    Map<String, String> settings = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    // Spark's default skips a file that is a week older than the newest one seen, silently.
    settings.put("maxFileAge", "36500d");
    settings.putAll(Corpus.settings(format, options.corpus()));
    settings.put("maxFilesPerTrigger", Integer.toString(incremental.maxFilesPerBatch()));
    Dataset<Row> all = null;
    for (String input : inputs) {
      String path = isFile(input) ? asGlob(input) : input;
      Dataset<Row> one =
          spark.readStream().format(format.label()).options(settings).schema(asRead).load(path);
      if (format == InputFormat.TEXT) {
        one = one.withColumnRenamed(TEXT_VALUE, text);
      }
      // A partitioned directory puts its columns last, wherever the schema has them.
      one = one.select(columns);
      all = all == null ? one : all.union(one);
    }
    return all;
  }

  private boolean isFile(String input) throws IOException {
    Path path = new Path(input);
    try {
      return path.getFileSystem(hadoop).getFileStatus(path).isFile();
    } catch (FileNotFoundException e) {
      // A glob, or a path that Spark will miss.
      return false;
    }
  }

  /**
   * A pattern that only this file matches: Spark takes a path that is none for a directory.
   *
   * @param file whose path ends in a letter or digit, or it is returned as it is
   */
  private static String asGlob(String file) {
    return file.replaceFirst("([A-Za-z0-9])$", "[$1]");
  }

  private void runQuery(
      Dataset<Row> stream, VoidFunction2<Dataset<Row>, Long> batches, Path bookkeeping)
      throws IOException {
    ObjectStore.prepareCheckpoint(spark, bookkeeping);
    StreamingQuery query = null;
    try {
      query =
          stream
              .writeStream()
              .trigger(Trigger.AvailableNow())
              .option("checkpointLocation", bookkeeping.toString())
              .foreachBatch(batches)
              .start();
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

  /** The files that the running batch reads; its rows would tell only when they are read. */
  private List<String> batchFiles() {
    String id = spark.sparkContext().getLocalProperty(QUERY_ID);
    StreamingQueryWrapper query = (StreamingQueryWrapper) spark.streams().get(id);
    LogicalPlan plan = query.streamingQuery().lastExecution().logical();
    return JavaConverters.seqAsJavaList(plan.collectLeaves()).stream()
        .filter(leaf -> leaf instanceof LogicalRelation)
        .map(leaf -> ((LogicalRelation) leaf).relation())
        .filter(relation -> relation instanceof HadoopFsRelation)
        .flatMap(relation -> Arrays.stream(((HadoopFsRelation) relation).location().inputFiles()))
        .map(file -> new Path(URI.create(file)).toString())
        .sorted()
        .toList();
  }

  /** Writes one batch after the other. */
  private final class Batches implements VoidFunction2<Dataset<Row>, Long> {

    private static final long serialVersionUID = 1L;

    private final transient IncrementalRun run;
    private final transient Corpus corpus;
    private final transient Layout layout;
    private final transient Provenance planned;
    private final transient OutputDirectory output;
    private final transient WriterLock lock;
    private final transient List<Provenance> done = new ArrayList<>();
    private transient double loadSeconds;

    Batches(
        IncrementalRun run,
        Corpus corpus,
        Layout layout,
        Provenance planned,
        OutputDirectory output,
        WriterLock lock) {
      this.run = run;
      this.corpus = corpus;
      this.layout = layout;
      this.planned = planned;
      this.output = output;
      this.lock = lock;
    }

    @Override
    public void call(Dataset<Row> batch, Long number) throws IOException {
      lock.check();
      String began = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
      List<String> files = batchFiles();
      SchemaChange.check(spark, corpus, layout, options.corpus(), files);

      String directory = run.directory() + "/batch=" + number;
      Provenance begun =
          planned.ofBatch(
              "%s-batch-%06d".formatted(run.id(), number),
              began,
              files.stream().map(Redaction::uri).toList());
      AnnotateResult result =
          job.annotate(
              new AnnotateJob.Rows(batch, batch::count),
              layout,
              begun,
              new Path(output.path(), directory),
              SaveMode.Overwrite,
              () -> output.filesIn(directory));
      lock.check();
      result.provenance().write(hadoop);
      done.add(result.provenance());
      loadSeconds = Math.max(loadSeconds, result.modelLoadSeconds());
      LOG.info(
          "Batch {}: {} rows of {} files",
          number,
          result.provenance().counts().rowsWritten(),
          files.size());
    }
  }
}
