package io.github.tommerspark.jobs.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.detect.ModelTokens;
import io.github.tommerspark.detect.WorkReport;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.annotate.AnnotateResult;
import io.github.tommerspark.jobs.annotate.Dtypes;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.spark.ExecutorAccounts;
import io.github.tommerspark.spark.ExecutorModels;
import io.github.tommerspark.spark.ExecutorSize;
import io.github.tommerspark.spark.ProcessMemory;
import io.github.tommerspark.spark.ProfileTask;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Annotates a corpus several times and says where the time went. */
final class BenchJob {

  private static final Logger LOG = LoggerFactory.getLogger(BenchJob.class);

  /** Arithmetic of a run whose number of tokens is not given, twice a parameter and token. */
  private static final double DEFAULT_FLOPS = 2e13;

  private static final long MIN_TOKENS = 4096;
  private static final int EXECUTOR_MIB = 1024;

  /** Files of a corpus for each slot, so that slots end at about the same time. */
  private static final int FILES_PER_SLOT = 4;

  /** Tokens that the heads' share is measured over, in budgets of a forward. */
  private static final int PROFILE_FORWARDS = 2;

  private final BenchOptions options;
  private final ModelDescription description;
  private EngineOptions engine;

  private BenchJob(BenchOptions options, ModelDescription description) {
    this.options = options;
    this.description = description;
    this.engine = options.engine();
  }

  /** Starts and stops Spark. */
  interface Starter {

    /** A session with settings on top of those of this process. */
    SparkSession start(SparkConf settings);

    /** Ends what was started. */
    default void stop(SparkSession spark) {
      spark.stop();
    }
  }

  /**
   * Runs the benchmark.
   *
   * @param starter starts sessions, one after the other, and stops each
   * @throws UserException if the input cannot be read
   * @throws IOException if the model cannot be read or the work directory written
   */
  static BenchReport run(BenchOptions options, Starter starter) throws IOException {
    ModelDescription description =
        MentionDetector.describe(List.of(options.model()), options.engine()).get(0);
    return new BenchJob(options, description).run(starter);
  }

  private BenchReport run(Starter starter) throws IOException {
    List<BenchReport.Run> runs = new ArrayList<>();
    List<BenchReport.Run> scaling = new ArrayList<>();
    ModelProfile profile;
    ProcessMemory memory;
    String master;
    CorpusOptions first;
    SparkSession spark = starter.start(new SparkConf());
    try {
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      master = spark.sparkContext().master();
      engine = Dtypes.settled(spark, List.of(options.model()), engine, Optional.empty());
      List<String> texts = texts(spark);
      Map<BenchCut, CorpusOptions> corpora = corpora(texts, slots(spark));
      first = Objects.requireNonNull(corpora.get(options.measured().cuts().get(0)));
      LOG.info("Loading the model and warming up");
      annotate(spark, first);
      ExecutorAccounts.fetch(context, true);
      for (BenchCut cut : options.measured().cuts()) {
        runs.add(measure(spark, cut, Objects.requireNonNull(corpora.get(cut))));
      }
      memory =
          ExecutorAccounts.fetch(context, false).values().stream()
              .map(ExecutorAccounts.Account::memory)
              .max(Comparator.comparingLong(ProcessMemory::peak))
              .orElse(null);
      LOG.info("Measuring the device and loading");
      int calls =
          ExecutorSize.of(spark.sparkContext().conf(), Runtime.getRuntime().availableProcessors())
              .tasks();
      profile = ProfileTask.run(context, options.model(), engine, sample(texts), calls);
    } finally {
      starter.stop(spark);
    }
    for (int executors : options.measured().executors()) {
      scaling.add(onExecutors(executors, first, starter));
    }
    List<BenchReport.Run> rated = new ArrayList<>();
    for (BenchReport.Run run : runs) {
      rated.add(rated(run, profile));
    }
    return new BenchReport(
        Version.number(),
        options.model().name(),
        description.layer(),
        description.maxTokens(),
        master,
        profile,
        weightBytes(profile),
        rated,
        scaling,
        memory,
        projection(rated.get(0)),
        GpuResults.projections(options.gpuResults(), rated.get(0), options.projected()));
  }

  /** Texts of the corpus, as many as were asked for, or as the model's size suggests. */
  private List<String> texts(SparkSession spark) throws IOException {
    long wanted = options.measured().tokens();
    if (wanted == 0) {
      wanted =
          Math.max(
              MIN_TOKENS,
              (long) (DEFAULT_FLOPS / (2.0 * Math.max(1, description.truncatedParameters()))));
    }
    return BenchTexts.read(options.corpus(), options.model(), wanted, spark);
  }

  private Map<BenchCut, CorpusOptions> corpora(List<String> texts, int slots) throws IOException {
    Map<BenchCut, CorpusOptions> corpora = new LinkedHashMap<>();
    try (ModelTokens tokenizer = ModelTokens.load(options.model(), engine)) {
      for (BenchCut cut : options.measured().cuts()) {
        corpora.put(cut, written(cut, cut.documents(texts, tokenizer), slots));
      }
    }
    return corpora;
  }

  /** Files of JSON Lines; documents are dealt out, so that the files take equally long. */
  private CorpusOptions written(BenchCut cut, List<String> documents, int slots)
      throws IOException {
    Path directory = Files.createDirectories(options.work().resolve("corpus-" + cut.label()));
    int files = Math.min(documents.size(), FILES_PER_SLOT * slots);
    for (int file = 0; file < files; file++) {
      try (BufferedWriter out =
          Files.newBufferedWriter(
              directory.resolve(String.format(Locale.ROOT, "part-%03d.jsonl", file)))) {
        for (int i = file; i < documents.size(); i += files) {
          out.write(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("id", Integer.toString(i))
                  .put("text", documents.get(i))
                  .toString());
          out.write('\n');
        }
      }
    }
    return new CorpusOptions(
        List.of(directory.toUri().toString()), InputFormat.JSON, Map.of(), "text", "id");
  }

  private List<String> sample(List<String> texts) {
    List<String> sample = new ArrayList<>();
    long chars = 0;
    for (String text : texts) {
      sample.add(text);
      // About four characters a token.
      chars += text.length();
      if (chars > 4L * PROFILE_FORWARDS * engine.batchTokens()) {
        break;
      }
    }
    return sample;
  }

  private AnnotateResult annotate(SparkSession spark, CorpusOptions corpus) throws IOException {
    return AnnotateJob.run(
        spark,
        new AnnotateOptions(
            corpus,
            new OutputOptions(
                options.work().resolve("output").toUri().toString(),
                OutputFormat.PARQUET,
                WriteMode.OVERWRITE,
                "mentions",
                null,
                false),
            List.of(options.model()),
            engine,
            0,
            true,
            Map.of("bench", "true")));
  }

  private BenchReport.Run measure(SparkSession spark, BenchCut cut, CorpusOptions corpus)
      throws IOException {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    List<Double> seconds = new ArrayList<>();
    List<Double> jobSeconds = new ArrayList<>();
    Provenance.Counts counts = null;
    TaskTime tasks = new TaskTime();
    Map<String, ExecutorAccounts.Account> before = ExecutorAccounts.fetch(context, false);
    for (int i = 0; i < options.measured().repeat(); i++) {
      LOG.info("Documents: {}, run {} of {}", cut.label(), i + 1, options.measured().repeat());
      tasks.listen(spark);
      long begin = System.nanoTime();
      AnnotateResult result = annotate(spark, corpus);
      jobSeconds.add((System.nanoTime() - begin) / 1e9);
      tasks.ignore(spark);
      seconds.add(result.provenance().seconds());
      counts = result.provenance().counts();
    }
    Map<String, ExecutorAccounts.Account> after = ExecutorAccounts.fetch(context, false);
    WorkReport work = WorkReport.NONE;
    long annotateNanos = 0;
    long inputNanos = 0;
    for (Map.Entry<String, ExecutorAccounts.Account> entry : after.entrySet()) {
      ExecutorAccounts.Account old = before.get(entry.getKey());
      ExecutorAccounts.Account now = entry.getValue();
      work = work.plus(old == null ? now.work() : now.work().minus(old.work()));
      annotateNanos += now.annotateNanos() - (old == null ? 0 : old.annotateNanos());
      inputNanos += now.inputNanos() - (old == null ? 0 : old.inputNanos());
    }
    double median = median(seconds);
    Objects.requireNonNull(counts, "no run");
    long tokens = counts.tokens().values().iterator().next();
    double all = seconds.stream().mapToDouble(Double::doubleValue).sum() * slots(spark);
    int micros = ExecutorModels.simulatedMicros(spark.sparkContext().conf(), engine);
    // Tasks of all executors, of which some may not have been asked.
    boolean complete = work.documentTokens() == tokens * options.measured().repeat();
    return new BenchReport.Run(
        cut.label(),
        after.size(),
        slots(spark),
        counts.rowsWritten(),
        tokens,
        complete ? work.windowTokens() / options.measured().repeat() : tokens,
        complete ? work.paddedTokens() / options.measured().repeat() : 0,
        counts.mentions().values().iterator().next(),
        seconds,
        jobSeconds,
        median,
        tokens / median,
        null,
        complete ? work.forwards() / options.measured().repeat() : 0,
        tasks.cpuSeconds() / options.measured().repeat(),
        micros == 0 || !complete
            ? null
            : work.forwards() * (micros / 1e6) * slots(spark) / (all * after.size()),
        complete
            ? shares(work, annotateNanos / 1e9, inputNanos / 1e9, tasks.seconds(), all)
            : Map.of());
  }

  private static Map<String, Double> shares(
      WorkReport work, double annotate, double input, double tasks, double all) {
    double tokenise = work.tokeniseNanos() / 1e9;
    double wait = work.waitNanos() / 1e9;
    double forward = work.forwardNanos() / 1e9;
    double decode = work.decodeNanos() / 1e9;
    Map<String, Double> shares = new LinkedHashMap<>();
    shares.put("read", input / all);
    shares.put("tokenise", tokenise / all);
    shares.put("wait", wait / all);
    shares.put("forward", forward / all);
    shares.put("decode", decode / all);
    shares.put("batch", (annotate - tokenise - wait - forward - decode) / all);
    shares.put("write", (tasks - annotate - input) / all);
    shares.put("idle", 1 - tasks / all);
    return shares;
  }

  /** The run with what takes the device's peak to know. */
  private static BenchReport.Run rated(BenchReport.Run run, ModelProfile profile) {
    double bound =
        run.windowTokens() * profile.productFlops() / (profile.peakFlops() * run.executors());
    Map<String, Double> shares = new LinkedHashMap<>();
    run.shares()
        .forEach(
            (part, share) -> {
              if (part.equals("forward") && run.busyShare() == null) {
                shares.put("backbone", share * (1 - profile.headShare()));
                shares.put("head", share * profile.headShare());
              } else {
                shares.put(part, share);
              }
            });
    return new BenchReport.Run(
        run.cut(),
        run.executors(),
        run.slots(),
        run.documents(),
        run.documentTokens(),
        run.windowTokens(),
        run.paddedTokens(),
        run.mentions(),
        run.seconds(),
        run.jobSeconds(),
        run.medianSeconds(),
        run.tokensPerSecond(),
        run.busyShare() == null ? bound / run.medianSeconds() : null,
        run.forwards(),
        run.cpuSeconds(),
        run.busyShare(),
        shares);
  }

  /** The first corpus on executors of one core each, in JVMs of their own on this machine. */
  private BenchReport.Run onExecutors(int executors, CorpusOptions corpus, Starter starter)
      throws IOException {
    LOG.info("Starting {} executor(s) of one core", executors);
    SparkSession spark =
        starter.start(
            new SparkConf()
                .setMaster(
                    String.format(Locale.ROOT, "local-cluster[%d,1,%d]", executors, EXECUTOR_MIB))
                .set("spark.executor.memory", EXECUTOR_MIB + "m")
                .set("spark.executor.cores", "1")
                .set("spark.task.cpus", "1")
                .set("spark.scheduler.minRegisteredResourcesRatio", "1.0")
                .set("spark.scheduler.maxRegisteredResourcesWaitingTime", "120s")
                // Each task to the executor that is free.
                .set("spark.locality.wait", "0"));
    try {
      annotate(spark, corpus);
      return measure(spark, options.measured().cuts().get(0), corpus);
    } finally {
      starter.stop(spark);
    }
  }

  private BenchReport.Projection projection(BenchReport.Run run) {
    double tokens = (double) run.documentTokens() / run.documents() * options.projected();
    double hours = tokens / run.tokensPerSecond() / 3600;
    return new BenchReport.Projection(
        options.projected(), Math.round(tokens), hours * run.executors(), hours * run.slots());
  }

  private static long weightBytes(ModelProfile profile) {
    boolean wide = profile.dtype().equals(ComputeType.FP32.label());
    return profile.parameters() * (wide ? Float.BYTES : Short.BYTES);
  }

  private static int slots(SparkSession spark) {
    return Math.max(
        1,
        spark.sparkContext().defaultParallelism()
            / Math.max(1, spark.sparkContext().conf().getInt("spark.task.cpus", 1)));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** Adds up the time of tasks that write the output. */
  private static final class TaskTime extends SparkListener {

    private final AtomicLong millis = new AtomicLong();
    private final AtomicLong cpuNanos = new AtomicLong();

    void listen(SparkSession spark) {
      spark.sparkContext().addSparkListener(this);
    }

    void ignore(SparkSession spark) {
      try {
        spark.sparkContext().listenerBus().waitUntilEmpty();
      } catch (TimeoutException e) {
        LOG.warn("Spark did not report all tasks in time; shares will be too low", e);
      }
      spark.sparkContext().removeSparkListener(this);
    }

    double seconds() {
      return millis.get() / 1e3;
    }

    double cpuSeconds() {
      return cpuNanos.get() / 1e9;
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd task) {
      if (task.taskMetrics() != null && task.taskMetrics().outputMetrics().recordsWritten() > 0) {
        millis.addAndGet(task.taskMetrics().executorRunTime());
        cpuNanos.addAndGet(task.taskMetrics().executorCpuTime());
      }
    }
  }
}
