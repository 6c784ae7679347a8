package io.github.tommerspark.jobs.dataset;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.substring;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Committed;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.table.TableInput;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.SpanReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A dataset with mentions in it: an output of annotate, a table, or files of any origin, with what
 * they tell of themselves.
 */
public final class AnnotatedDataset {

  /** Hexadecimal digits of the SHA-256 of a text that make the id of a row that has none. */
  public static final int ID_DIGITS = 32;

  private static final String TEXT = "text";

  private final Dataset<Row> rows;
  private final InputFormat format;
  private final List<String> paths;
  private final List<List<Provenance>> runs;
  private final String malformedColumn;

  private AnnotatedDataset(
      Dataset<Row> rows,
      InputFormat format,
      List<String> paths,
      List<List<Provenance>> runs,
      String malformedColumn) {
    this.rows = rows;
    this.format = format;
    this.paths = List.copyOf(paths);
    this.runs = List.copyOf(runs);
    this.malformedColumn = malformedColumn;
  }

  /**
   * Opens what was given: files, directories and globs, or one table. Of outputs of annotate, what
   * is committed is read.
   *
   * @param format of files; null to go by what they tell
   * @throws UserException if something is not there or cannot be read
   */
  public static AnnotatedDataset open(SparkSession spark, List<String> given, InputFormat format)
      throws IOException {
    Optional<TableInput> table = TableInput.find(spark, given, Map.of());
    if (table.isPresent()) {
      return new AnnotatedDataset(
          table.get().rows(),
          InputFormat.TABLE,
          List.of(table.get().name().given()),
          List.of(table.get().runs()),
          null);
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    List<Path> roots = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    List<List<Provenance>> runs = new ArrayList<>();
    for (String path : given) {
      String resolved = Corpus.resolve(path, hadoop, new ArrayList<>(), roots);
      paths.add(resolved);
      runs.add(CommitLog.of(new Path(resolved), hadoop).runs());
    }
    if (paths.size() == 1 && roots.size() == 1 && !runs.get(0).isEmpty()) {
      Provenance.Output written = runs.get(0).get(runs.get(0).size() - 1).output();
      Dataset<Row> rows =
          Committed.in(roots, hadoop)
              .read(only -> reader(spark, written).options(only).load(Corpus.literally(roots)));
      return new AnnotatedDataset(rows, InputFormat.parse(written.format()), paths, runs, null);
    }
    Corpus corpus = Corpus.open(spark, new CorpusOptions(given, format, Map.of(), null, null));
    return new AnnotatedDataset(
        corpus.rows(), corpus.format(), paths, runs, corpus.malformedColumn());
  }

  private static DataFrameReader reader(SparkSession spark, Provenance.Output written) {
    DataFrameReader reader = spark.read().format(written.format());
    if (!written.format().equals(OutputFormat.JSON.label())) {
      return reader;
    }
    // What Spark would guess from JSON has other numbers and no fields in empty arrays.
    StructType schema = new StructType();
    for (Map.Entry<String, String> column : written.columns().entrySet()) {
      schema = schema.add(column.getKey(), DataType.fromDDL(column.getValue()));
    }
    return reader.schema(schema);
  }

  /** All rows. */
  public Dataset<Row> rows() {
    return rows;
  }

  /** The format of its files, or that it is a table. */
  public InputFormat format() {
    return format;
  }

  /** Absolute paths and globs that it was read from, or the name of a table. */
  public List<String> paths() {
    return paths;
  }

  /** The column that is not null where a row could not be read; null if there is none. */
  public String malformedColumn() {
    return malformedColumn;
  }

  /** The runs that made what one path or table holds, oldest first; empty if nothing tells. */
  public List<Provenance> runs() {
    return runs.size() == 1 ? runs.get(0) : List.of();
  }

  /** The newest run of each path; empty for one of which nothing tells how it was made. */
  public List<Optional<Provenance>> newestOfEach() {
    return runs.stream()
        .map(of -> of.isEmpty() ? Optional.<Provenance>empty() : Optional.of(of.get(of.size() - 1)))
        .toList();
  }

  /**
   * Returns the provenance that names the columns of text and id for all rows; empty without one.
   */
  public Optional<Provenance> newest() {
    List<Optional<Provenance>> newest = newestOfEach();
    boolean agree =
        newest.stream().allMatch(Optional::isPresent)
            && newest.stream()
                    .map(run -> run.get().input())
                    .map(input -> Arrays.asList(input.textColumn(), input.idColumn()))
                    .distinct()
                    .count()
                == 1;
    return agree ? newest.get(0) : Optional.empty();
  }

  /**
   * Returns the name of the column with the text, which need not be there.
   *
   * @param given by the user; null for what the data tells, else {@code text}
   */
  public String textName(String given) {
    return given != null
        ? given
        : newest().map(run -> run.input().textColumn()).filter(Objects::nonNull).orElse(TEXT);
  }

  /**
   * Returns the name of the column that identifies a row, which need not be there.
   *
   * @param given by the user; null for what the data tells, else {@code id}
   */
  public String idName(String given) {
    return given != null
        ? given
        : newest()
            .map(run -> run.input().idColumn())
            .filter(name -> find(name).isPresent())
            .orElse(MentionColumns.ID);
  }

  /** The columns of the data itself. */
  public List<StructField> columns() {
    return Arrays.stream(rows.schema().fields())
        .filter(field -> !field.name().equals(malformedColumn))
        .toList();
  }

  /** The names of the columns, for messages. */
  public String names() {
    return columns().stream().map(StructField::name).collect(Collectors.joining(", "));
  }

  /** Returns the column of a name, regardless of case, as Spark compares names. */
  public Optional<StructField> find(String name) {
    return columns().stream().filter(field -> field.name().equalsIgnoreCase(name)).findFirst();
  }

  /** The columns that hold mentions, as {@link SpanReader} reads them. */
  public List<StructField> mentionColumns() {
    return columns().stream()
        .filter(field -> SpanReader.mention(field.dataType()).isPresent())
        .toList();
  }

  /**
   * Chooses among the columns that hold mentions.
   *
   * @param asked names, in the order wanted; none for those of the models that the provenance
   *     names, or, where it names none that is there, for all
   * @param verb what is to be done with them, for messages
   * @return names as the data spells them, each once; empty if none was asked for and there is none
   * @throws UserException if a column is not there, or holds no mentions
   */
  public List<String> mentionColumns(List<String> asked, String verb) {
    Set<String> chosen = new LinkedHashSet<>();
    for (String name : asked) {
      StructField field =
          find(name)
              .orElseThrow(
                  () ->
                      new UserException(
                          "Cannot find the column \"%s\" of --column in the input: its columns are %s"
                              .formatted(name, names())));
      if (!mentionColumns().contains(field)) {
        throw new UserException(
            "Cannot %s the column \"%s\": it is of type %s, not an array of structs with start and end"
                .formatted(verb, field.name(), field.dataType().simpleString()));
      }
      chosen.add(field.name());
    }
    if (asked.isEmpty()) {
      mentionColumns().forEach(field -> chosen.add(field.name()));
      // The dataset may have come with such columns of its own.
      Set<String> written = models().keySet();
      if (chosen.stream().anyMatch(written::contains)) {
        chosen.retainAll(written);
      }
    }
    return List.copyOf(chosen);
  }

  /**
   * Returns the id of each row: a column, and where that is null or not there, one made of the
   * text.
   *
   * @param asked name of the column; null for what the data says of itself
   * @param text of each row
   * @throws UserException if the column asked for is not there
   */
  public Column id(String asked, Column text) {
    Optional<StructField> column = find(idName(asked));
    if (column.isEmpty() && asked != null) {
      throw new UserException(
          "Cannot find the column \"%s\" of --id-column in the input: its columns are %s"
              .formatted(asked, names()));
    }
    Column made = madeId(text);
    return column
        .map(field -> coalesce(ColumnNames.column(field.name()).cast("string"), made))
        .orElse(made);
  }

  /** The names of models by the columns with their mentions, as far as the newest run tells. */
  public Map<String, String> models() {
    Map<String, String> names = new HashMap<>();
    newest()
        .ifPresent(
            run -> run.models().forEach(model -> names.putIfAbsent(model.column(), model.name())));
    return names;
  }

  /** The id that annotate makes of a text. */
  public static Column madeId(Column text) {
    return substring(sha2(text, 256), 1, ID_DIGITS);
  }

  /**
   * Returns whether a model failed: then its column is empty, which says nothing about what it
   * would have found.
   *
   * @param malformedColumn that is not null where a row could not be read; null if there is none
   */
  public static Column failed(Dataset<Row> rows, String malformedColumn) {
    Column failed = lit(false);
    for (String column : Arrays.asList(MentionColumns.ERROR, malformedColumn)) {
      boolean there = column != null && Arrays.asList(rows.columns()).contains(column);
      if (there && rows.schema().apply(column).dataType() instanceof StringType) {
        failed = failed.or(ColumnNames.column(column).isNotNull());
      }
    }
    return coalesce(failed, lit(false));
  }

  /** Returns the locations that it was read from, without secrets. */
  @Override
  public String toString() {
    return Redaction.uri(String.join(" ", paths));
  }
}
