package io.github.tommerspark.jobs.annotate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.ObjectStore;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.MentionColumns;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * Annotates again the rows of an output that have an error of a model, and writes the files that
 * hold them anew. Errors of the input stay: what could not be read is not there to be annotated.
 */
final class RetryJob {

  /** The beginning of errors of the input. */
  private static final String OF_INPUT = "input: ";

  private static final Column FAILED =
      col(MentionColumns.ERROR)
          .isNotNull()
          .and(not(col(MentionColumns.ERROR).startsWith(OF_INPUT)));

  private final SparkSession spark;
  private final Configuration hadoop;
  private final AnnotateOptions options;
  private final OutputDirectory output;
  private final Provenance there;

  /** All columns of the output. */
  private final StructType columns;

  /** Those that were read, and the id: what a run adds stands behind them. */
  private final StructType input;

  private RetryJob(SparkSession spark, AnnotateOptions asked) {
    this.spark = spark;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.output = OutputDirectory.openToReplace(asked.output().path(), hadoop);
    this.there = output.state().newest().orElseThrow();
    this.options = asked.withOutput(asked.output().whole(format()));
    StructType all = new StructType();
    for (Map.Entry<String, String> column : there.output().columns().entrySet()) {
      all = all.add(column.getKey(), DataType.fromDDL(column.getValue()));
    }
    this.columns = all;
    int own = Arrays.asList(all.fieldNames()).indexOf(there.models().get(0).column());
    this.input = new StructType(Arrays.copyOf(all.fields(), own));
  }

  /**
   * The result of a retry.
   *
   * @param output where it is
   * @param retried rows that were annotated again
   * @param left of them, those that still have an error
   * @param files that were replaced
   */
  record Result(String output, long retried, long left, int files) {

    /** For people. */
    String summary() {
      return String.join(
          "\n",
          AnnotateResult.line("rows retried", String.format(Locale.ROOT, "%,d", retried)),
          AnnotateResult.line("still in error", String.format(Locale.ROOT, "%,d", left)),
          AnnotateResult.line(
              "files replaced", String.format(Locale.ROOT, "%,d in %s", files, output)));
    }
  }

  /**
   * Annotates what failed again.
   *
   * @param options as the output was made; what is read is the output
   * @throws UserException if there is no output, it has no text, or it was made in another way
   * @throws IOException if a model or the output cannot be read
   */
  static Result run(SparkSession spark, AnnotateOptions options) throws IOException {
    return new RetryJob(spark, options).run();
  }

  private Result run() throws IOException {
    ObjectStore.checkCommitter(spark, output.path());
    String text = there.input().textColumn();
    if (!Arrays.asList(input.fieldNames()).contains(text)) {
      throw new UserException(
          "Cannot retry the errors of %s: it was written without the text column %s; annotate the input again"
              .formatted(output, text));
    }
    AnnotateJob job = new AnnotateJob(spark, options);
    List<ModelDescription> models = job.describeModels();
    Layout layout = Layout.of(corpus(failed(List.of())), options.withModels(models));
    Provenance planned =
        job.plannedProvenance(
            corpus(failed(List.of())), layout, models, output.toString(), format().label());
    Optional<String> difference = planned.difference(there);
    if (difference.isPresent()) {
      throw new UserException(
          "Cannot retry the errors of %s: %s; give the options with which it was made"
              .formatted(output, difference.get()));
    }
    try (OutputWriter writer = output.begin()) {
      return replace(job, layout, planned.withRun(writer.id()), writer);
    }
  }

  private Result replace(AnnotateJob job, Layout layout, Provenance planned, OutputWriter writer)
      throws IOException {
    // Files go back to their directories: those of incremental runs have one for each batch.
    Map<String, List<String>> replaced = new TreeMap<>();
    long retried = 0;
    for (Map.Entry<String, Long> file : failures(writer.state().files().keySet()).entrySet()) {
      int slash = file.getKey().lastIndexOf('/');
      String directory = slash < 0 ? "" : file.getKey().substring(0, slash);
      replaced.computeIfAbsent(directory, key -> new ArrayList<>()).add(file.getKey());
      retried += file.getValue();
    }
    if (replaced.isEmpty()) {
      return new Result(output.toString(), 0, 0, 0);
    }
    List<Provenance> parts = new ArrayList<>();
    for (Map.Entry<String, List<String>> directory : replaced.entrySet()) {
      Dataset<Row> rows = rows(directory.getValue(), columns);
      AnnotateJob.Rows again =
          new AnnotateJob.Rows(
              corpus(failed(directory.getValue())).rows(),
              rows.where(not(FAILED)),
              directory.getValue().size(),
              rows::count);
      parts.add(
          job.annotate(
                  again, layout, planned, AnnotateJob.files(writer, format(), directory.getKey()))
              .provenance());
    }
    Provenance whole = new IncrementalResult("", parts, 0).total();
    List<String> names = replaced.values().stream().flatMap(List::stream).toList();
    writer.commitReplacement(whole, names);
    long left =
        failures(whole.output().files().keySet()).values().stream()
            .mapToLong(Long::longValue)
            .sum();
    return new Result(output.toString(), retried, left, names.size());
  }

  /** Files with rows that failed, and how many of them. */
  private Map<String, Long> failures(Collection<String> files) {
    Map<String, Long> failures = new TreeMap<>();
    String prefix = output.path().toUri().getPath() + "/";
    StructType error = new StructType().add(columns.apply(MentionColumns.ERROR));
    for (Row file :
        rows(files, error)
            .where(FAILED)
            .groupBy(col("_metadata.file_path"))
            .agg(count(lit(1)))
            .collectAsList()) {
      String path = new Path(URI.create(file.getString(0))).toUri().getPath();
      failures.put(path.substring(prefix.length()), file.getLong(1));
    }
    return failures;
  }

  private Dataset<Row> failed(Collection<String> files) {
    return rows(files, columns)
        .where(FAILED)
        .select(Arrays.stream(input.fieldNames()).map(ColumnNames::column).toArray(Column[]::new));
  }

  private Dataset<Row> rows(Collection<String> files, StructType schema) {
    return files.isEmpty()
        ? spark.createDataFrame(List.of(), schema)
        : spark
            .read()
            .format(format().label())
            .schema(schema)
            .load(
                Corpus.literally(
                    files.stream().map(name -> new Path(output.path(), name)).toList()));
  }

  private Corpus corpus(Dataset<Row> rows) {
    return new Corpus(
        rows,
        InputFormat.parse(there.output().format()),
        there.input().paths(),
        there.input().textColumn(),
        null);
  }

  private OutputFormat format() {
    return OutputFormat.parse(there.output().format());
  }
}
