package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.jobs.cli.CommonOptions;
import io.github.tommerspark.jobs.cli.GivenOptions;
import io.github.tommerspark.jobs.cli.ModelOptions;
import io.github.tommerspark.jobs.cli.Sessions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.spark.EngineSetup;
import io.github.tommerspark.spark.FailedDevices;
import io.github.tommerspark.spark.HadoopModelStore;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.sparknlp.SparkNlpSchema;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@link AnnotateJob}. */
@Command(
    name = "annotate",
    customSynopsis =
        "tommer-spark annotate --input PATH... (--output PATH | --output-table NAME) [OPTIONS]",
    sortOptions = false,
    description = "Finds the entity mentions of a corpus and writes them beside its rows.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # With a bundled model:",
      "  annotate --input docs.jsonl --output mentions",
      "  # Less to write; another text column; a stricter threshold:",
      "  annotate --input 's3a://bucket/docs/*.parquet' --text-column body --select id \\",
      "      --threshold 0.9 --output s3a://bucket/mentions",
      "  # Your own backbone and head:",
      "  annotate --input docs.jsonl.gz --backbone models/Llama-3.2-1B \\",
      "      --head heads/ToMMeR-Llama-3.2-1B_L6_R64 --output mentions",
      "  # Two models in one pass, as columns mentions_small and mentions_minilm:",
      "  annotate --input docs --model small=models/pythia-70m,heads/pythia --model minilm \\",
      "      --output mentions",
      "  # What the mentions are, in words of your own; and only those that one of them fits:",
      "  annotate --input docs.jsonl --classifier labels/mine --labels 'person,place' --output typed",
      "  annotate --input docs.jsonl --classifier labels/mine --labels gene --require-label ...",
      "  # For a Spark NLP pipeline, mentions as its annotations, in a column chunk:",
      "  annotate --input docs.jsonl --spark-nlp --output mentions",
      "  # Every night, what is new in a directory:",
      "  annotate --incremental --input s3a://bucket/docs --output s3a://bucket/mentions",
      "",
      "Every option may also be a Spark property, such as spark.tommer.threshold=0.9; the flag wins,",
      "and ';' separates several values.",
      "",
      "The output has the input's columns, then for each model an array of mentions",
      "  array<struct<start:int, end:int, text:string, score:float>>",
      "with start and end in code points, end exclusive, so that substring(text, start+1, end-start)",
      "is the mention (with --classifier or --labels also label and label_score), and then error: null, or what went wrong in that row."
    })
public final class AnnotateCommand implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Mixin private CommonOptions common;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      description =
          "Files, directories or globs on any Hadoop file system: JSON Lines, Parquet, CSV, plain text (a row is a line) or ORC; .gz and .zst too. Relative paths are resolved on the driver. Or one table: the directory of one of Iceberg or Delta, or table:CATALOG.DB.NAME.")
  private List<String> input;

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description =
          "json, parquet, csv, text or orc; by default what the file names say (.jsonl, .ndjson, .json, .parquet, .csv, .txt, .orc).")
  private String inputFormat;

  @Option(
      names = "--input-option",
      paramLabel = "KEY=VALUE",
      description =
          "Passed to Spark's reader, such as sep=';' for CSV, multiLine=true for JSON that is not one object a line, recursiveFileLookup=true, or the snapshot of a table: snapshot-id=… (Iceberg), versionAsOf=… (Delta). May be repeated.")
  private Map<String, String> inputOptions = new TreeMap<>();

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      defaultValue = "text",
      description =
          "The column to annotate: strings, or documents or sentences that Spark NLP made (default: ${DEFAULT-VALUE}).")
  private String textColumn;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description =
          "The column that identifies a row. By default \"id\" if the input has one; else a column id is made of the first 32 hex digits of the SHA-256 of the text.")
  private String idColumn;

  @Option(
      names = "--output",
      paramLabel = "PATH",
      description = "Directory to write to, on any Hadoop file system.")
  private String output;

  @Option(
      names = "--output-table",
      paramLabel = "NAME",
      description =
          "Instead of --output: table of Iceberg or Delta to write to, as CATALOG.DB.NAME in a catalog that Spark is configured for.")
  private String outputTable;

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      defaultValue = "parquet",
      description =
          "parquet, json or orc (default: ${DEFAULT-VALUE}); iceberg or delta make the directory, or a table that is not there yet, one of these.")
  private String outputFormat;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "error",
      description =
          "If the output exists: error, overwrite, or append, which demands that the same models made it in the same way (default: ${DEFAULT-VALUE}).")
  private String mode;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description =
          "Name of this run, such as the date of its data: a run that is started again under its name adds nothing if its rows are in the output already (default: none; on YARN that of the application).")
  private String runId;

  @Option(
      names = "--output-column",
      paramLabel = "NAME",
      defaultValue = MentionColumns.MENTIONS,
      description =
          "Name of the mentions column; with several models NAME_<model> each (default: ${DEFAULT-VALUE}).")
  private String outputColumn;

  @Option(
      names = "--spark-nlp",
      arity = "0..1",
      fallbackValue = SparkNlpSchema.CHUNK,
      paramLabel = "NAME",
      description =
          "Also write the mentions as Spark NLP annotations of type chunk, for its pipelines, to this column (default of NAME: ${FALLBACK-VALUE}; with several models NAME_<model> each), and the text as a column document unless the input has one or --drop-text is given.")
  private String sparkNlpColumn;

  @Option(
      names = "--select",
      paramLabel = "NAME,…",
      split = ",",
      description = "Input columns to write (default: all).")
  private List<String> select;

  @Option(names = "--drop-text", description = "Do not write the text column.")
  private boolean dropText;

  @Mixin private ModelOptions model;

  @Option(
      names = "--model-cache",
      paramLabel = "DIR",
      description =
          "Where every machine keeps models of s3a, hdfs and other remote file systems, cut to what is needed of them (default: tommer-spark/models in the user's cache directory).")
  private Path modelCache;

  @Option(
      names = "--allow-native-download",
      description =
          "Let executors download a libtorch from DJL's server where the jar has none for them (default: nothing is downloaded).")
  private boolean allowNativeDownload;

  @Option(
      names = "--repartition",
      paramLabel = "N",
      description =
          "Shuffle the rows into N tasks first; for few or unsplittable files (default: as the input is read).")
  private Integer repartition;

  @Option(
      names = "--fail-fast",
      description = "End the job at the first row with an error, instead of writing the error.")
  private boolean failFast;

  @Option(
      names = "--max-error-rate",
      paramLabel = "SHARE",
      description =
          "Fail, after everything is written, if more than this share of the rows that this run added has an error, such as 0.01; rows without text are no errors (default: never).")
  private Double maxErrorRate;

  @Option(
      names = "--retry-errors",
      description =
          "Annotate again the rows of the output that have an error of a model, and no others: such as those of a version that had a bug. Give the options with which the output was made, but no --input; errors of the input stay.")
  private boolean retryErrors;

  @Mixin private IncrementalFlags incremental;

  @Override
  public Integer call() throws IOException {
    AnnotateOptions options = options();
    IncrementalOptions growing = incrementalOptions();
    Optional<ErrorRate> limit =
        common.checked(() -> Optional.ofNullable(maxErrorRate).map(ErrorRate::new));
    try (SparkSession spark = Sessions.start("annotate", settings())) {
      if (growing == null) {
        options = options.withRunId(effectiveRunId(spark));
      }
      PrintWriter out = command.commandLine().getOut();
      if (retryErrors) {
        out.println(RetryJob.run(spark, settled(spark, options, null)).summary());
        printFailedDevices(spark, out);
      } else if (growing == null) {
        AnnotateResult result = AnnotateJob.run(spark, settled(spark, options, null));
        out.println(result.summary());
        Provenance written = result.provenance();
        printFailedDevices(spark, out);
        if (written.counts() != null) {
          limit.ifPresent(rate -> rate.check(written.counts(), written.output().path()));
        }
      } else {
        IncrementalResult result =
            IncrementalJob.run(spark, settled(spark, options, growing), growing);
        out.println(result.summary());
        printFailedDevices(spark, out);
        limit.ifPresent(rate -> rate.check(result.counts(), result.directory()));
      }
    }
    return 0;
  }

  private static void printFailedDevices(SparkSession spark, PrintWriter out) {
    FailedDevices.watch(spark.sparkContext())
        .line()
        .ifPresent(line -> out.println(AnnotateResult.line("failed devices", line)));
  }

  /** YARN starts a driver that died again, under the same name. */
  private String effectiveRunId(SparkSession spark) {
    return runId == null && spark.sparkContext().master().startsWith("yarn")
        ? spark.sparkContext().applicationId()
        : runId;
  }

  /** The options with the type that auto stands for: where there is one, that of the output. */
  private AnnotateOptions settled(
      SparkSession spark, AnnotateOptions options, IncrementalOptions growing) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Optional<ComputeType> recorded = Optional.empty();
    if (growing != null) {
      recorded = IncrementalJob.dtype(options, growing, hadoop);
    } else if (retryErrors || options.output().mode() == WriteMode.APPEND) {
      recorded = Dtypes.recorded(spark, options.output());
    }
    return options.withEngine(Dtypes.settled(spark, options.models(), options.engine(), recorded));
  }

  /** Sets the properties that executors read. */
  private SparkConf settings() {
    SparkConf conf = new SparkConf();
    if (modelCache != null) {
      conf.set(HadoopModelStore.CACHE_PROPERTY, modelCache.toAbsolutePath().toString());
    }
    if (allowNativeDownload) {
      conf.set(EngineSetup.DOWNLOAD_PROPERTY, "true");
    }
    return conf;
  }

  /**
   * Returns the checked options, as far as they can be checked without Spark.
   *
   * @throws ParameterException if it cannot be
   */
  AnnotateOptions options() {
    checkRetry();
    if (select != null && dropText && contains(select, textColumn)) {
      throw common.impossible(
          "--drop-text and --select with the text column contradict each other");
    }
    if (select != null && idColumn != null && !contains(select, idColumn)) {
      throw common.impossible(
          "--select leaves out the column %s of --id-column".formatted(idColumn));
    }
    if (idColumn != null && dropText && idColumn.equalsIgnoreCase(textColumn)) {
      throw common.impossible("--drop-text would drop the column of --id-column");
    }
    if (select != null
        && select.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().count()
            < select.size()) {
      throw common.impossible("--select names a column twice");
    }
    if (repartition != null && repartition < 1) {
      throw common.impossible("--repartition must be at least 1, but is " + repartition);
    }
    if (runId != null && !runId.matches("\\S(.{0,198}\\S)?")) {
      throw common.impossible(
          "--run-id must be 1 to 200 characters without white space around them");
    }
    if ((output == null) == (outputTable == null)) {
      throw common.impossible(
          output == null
              ? "Missing required option: '--output=PATH' or '--output-table=NAME'"
              : "--output and --output-table exclude each other");
    }
    checkColumn("--output-column", outputColumn);
    if (sparkNlpColumn != null) {
      checkColumn("--spark-nlp", sparkNlpColumn);
    }
    return new AnnotateOptions(
        new CorpusOptions(
            input == null ? List.of() : input,
            inputFormat == null ? null : common.checked(() -> InputFormat.parse(inputFormat)),
            inputOptions,
            textColumn,
            idColumn),
        new OutputOptions(
            outputTable == null ? output : TableName.PREFIX + outputTable,
            outputFormat(),
            common.checked(() -> WriteMode.parse(mode)),
            outputColumn,
            select,
            dropText,
            sparkNlpColumn,
            runId),
        common.checked(model::specs),
        common.checked(model::engine),
        repartition == null ? 0 : repartition,
        failFast,
        GivenOptions.of(command.commandLine().getParseResult()));
  }

  /** Null for that of a table that is there. */
  private OutputFormat outputFormat() {
    OutputFormat format = common.checked(() -> OutputFormat.parse(outputFormat));
    if (outputTable == null || format.isTable()) {
      return format;
    } else if (command.commandLine().getParseResult().hasMatchedOption("--output-format")) {
      throw common.impossible(
          "--output-table is of the format iceberg or delta, but --output-format is "
              + outputFormat);
    }
    return null;
  }

  private void checkRetry() {
    if (input == null && !retryErrors) {
      throw common.impossible("Missing required option: '--input=PATH'");
    }
    if (!retryErrors) {
      return;
    }
    for (String name :
        List.of(
            "--input",
            "--mode",
            "--run-id",
            "--select",
            "--drop-text",
            "--max-error-rate",
            "--output-table",
            "--incremental")) {
      if (command.commandLine().getParseResult().hasMatchedOption(name)) {
        throw common.impossible(
            "--retry-errors and %s exclude each other: what is read is the output".formatted(name));
      }
    }
  }

  /** SQL quotes names with backticks: one that holds them could hardly be asked for. */
  private void checkColumn(String option, String name) {
    if (name.isBlank()) {
      throw common.impossible("%s must not be given an empty name".formatted(option));
    }
    if (name.chars().anyMatch(c -> c == '`' || Character.isISOControl(c))) {
      throw common.impossible(
          "%s must not be given a name with a backtick or a control character".formatted(option));
    }
  }

  /**
   * Returns the options of an incremental run; null if none was asked for.
   *
   * @throws ParameterException if the options contradict each other
   */
  IncrementalOptions incrementalOptions() {
    return common.checked(
        () -> incremental.options(command.commandLine().getParseResult(), runId != null));
  }

  private static boolean contains(List<String> names, String name) {
    return names.stream().anyMatch(name::equalsIgnoreCase);
  }
}
