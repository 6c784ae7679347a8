package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import io.github.tommerspark.spark.FileRows;
import io.github.tommerspark.spark.ZstdCodec;
import io.github.tommerspark.sparknlp.TextReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A collection of texts as Spark reads it.
 *
 * @param rows all rows; if {@code malformedColumn} is not null, with that column
 * @param format of its files
 * @param paths absolute paths of what was given
 * @param textColumn name of the column with the text, as the input spells it; null if none was
 *     asked for
 * @param malformedColumn name of the column that holds a record that could not be read, null in
 *     rows where it could; null if the format has no such thing
 */
public record Corpus(
    Dataset<Row> rows,
    InputFormat format,
    List<String> paths,
    String textColumn,
    String malformedColumn) {

  private static final Logger LOG = LoggerFactory.getLogger(Corpus.class);

  private static final String CODECS = "io.compression.codecs";
  private static final String ZSTD = ZstdCodec.class.getName();

  /** The column with what could not be read. */
  public static final String MALFORMED = "_tommer_malformed";

  /**
   * What readers are told unless the user says otherwise.
   *
   * <p>JSON: strings of any length (the parser's default bound is 20 million characters). CSV: as
   * spreadsheets and pandas write it, with a header, quotes doubled inside quotes, and line breaks
   * allowed inside them; a file whose header differs from the others' is refused rather than read
   * by position. In both, a malformed record becomes a row with an error instead of vanishing.
   */
  private static final Map<InputFormat, Map<String, String>> DEFAULTS =
      Map.of(
          InputFormat.JSON,
          Map.of("maxStringLen", Integer.toString(Integer.MAX_VALUE)),
          InputFormat.CSV,
          Map.of("header", "true", "multiLine", "true", "escape", "\"", "enforceSchema", "false"),
          InputFormat.PARQUET,
          Map.of(),
          InputFormat.TEXT,
          Map.of(),
          InputFormat.ORC,
          Map.of());

  /**
   * Finds out what the input is, without reading rows except to learn a JSON schema.
   *
   * @throws UserException if a path does not exist, the format cannot be told, or there is no such
   *     text column
   */
  public static Corpus open(SparkSession spark, CorpusOptions options) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    List<Path> files = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (String path : options.paths()) {
      paths.add(resolve(path, hadoop, files));
    }
    InputFormat format = options.format() != null ? options.format() : inferFormat(files);
    Dataset<Row> rows = read(spark, format, paths, options);
    String malformed = Arrays.asList(rows.columns()).contains(MALFORMED) ? MALFORMED : null;
    String text =
        options.textColumn() == null
            ? null
            : textColumn(rows.schema(), options.textColumn(), malformed);
    return new Corpus(rows, format, List.copyOf(paths), text, malformed);
  }

  /** This corpus with other rows of the same schema. */
  Corpus withRows(Dataset<Row> others) {
    return new Corpus(others, format, paths, textColumn, malformedColumn);
  }

  /** The columns of the input itself. */
  public List<StructField> columns() {
    return Arrays.stream(rows.schema().fields())
        .filter(field -> !field.name().equals(malformedColumn))
        .toList();
  }

  private static Dataset<Row> read(
      SparkSession spark, InputFormat format, List<String> paths, CorpusOptions options) {
    DataFrameReader reader = spark.read().format(format.label()).options(settings(format, options));
    String[] all = paths.toArray(String[]::new);
    Dataset<Row> rows = load(spark, reader, all);
    return switch (format) {
      case TEXT ->
          options.textColumn() == null
              ? rows
              : rows.withColumnRenamed("value", options.textColumn());
        // Only a schema that names the column makes the CSV reader report what is malformed.
      case CSV ->
          rows.schema().isEmpty()
              ? empty(spark, options)
              : reader.schema(rows.schema().add(MALFORMED, DataTypes.StringType)).load(all);
        // No line at all, so no column: an empty corpus is not an error.
      case JSON -> rows.schema().isEmpty() ? empty(spark, options) : rows;
      case PARQUET, ORC -> rows;
    };
  }

  /** Learns the schema, for which files of JSON and CSV are read. */
  private static Dataset<Row> load(SparkSession spark, DataFrameReader reader, String[] paths) {
    try {
      return reader.load(paths);
    } catch (Exception e) {
      if (FileRows.failed(e)) {
        LOG.info("A file cannot be read; reading all again to learn which");
        FileRows.readAll(spark.read().option(CODECS, ZSTD).format("text").load(paths));
      }
      throw e;
    }
  }

  /** What Spark's reader is told. */
  public static Map<String, String> settings(InputFormat format, CorpusOptions options) {
    Map<String, String> settings = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    settings.putAll(DEFAULTS.get(format));
    settings.putAll(options.options());
    settings.put(CODECS, ZSTD);
    if (format.hasMalformedRecords()) {
      if ("DROPMALFORMED".equalsIgnoreCase(settings.get("mode"))) {
        throw new UserException(
            "Cannot read with --input-option mode=DROPMALFORMED: no row is ever lost; filter the output by its column error");
      }
      settings.put("columnNameOfCorruptRecord", MALFORMED);
    }
    return new HashMap<>(settings);
  }

  private static Dataset<Row> empty(SparkSession spark, CorpusOptions options) {
    return spark.createDataFrame(
        List.of(),
        options.textColumn() == null
            ? new StructType()
            : new StructType().add(options.textColumn(), DataTypes.StringType));
  }

  /**
   * The column to annotate, as the schema spells it.
   *
   * @throws UserException if there is none of that name, or it does not hold texts
   */
  public static String textColumn(StructType schema, String wanted, String malformed) {
    List<StructField> fields =
        Arrays.stream(schema.fields()).filter(f -> !f.name().equals(malformed)).toList();
    StructField found =
        fields.stream()
            .filter(field -> field.name().equalsIgnoreCase(wanted))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        "Cannot find the text column \"%s\" in the input: its columns are %s; name the right one with --text-column"
                            .formatted(
                                wanted,
                                fields.stream()
                                    .map(StructField::name)
                                    .collect(Collectors.joining(", ")))));
    TextReader.refusal(found)
        .ifPresent(
            reason -> {
              throw new UserException(
                  "Cannot annotate the column \"%s\": %s; name another with --text-column"
                      .formatted(found.name(), reason));
            });
    return found.name();
  }

  /** Adds the files that a path stands for, those below directories too, and makes it absolute. */
  public static String resolve(String given, Configuration hadoop, List<Path> files) {
    try {
      Path path = new Path(given);
      FileSystem fs = path.getFileSystem(hadoop);
      Path absolute = fs.makeQualified(path);
      FileStatus[] found = fs.globStatus(absolute);
      if (found == null || found.length == 0) {
        throw new UserException(
            "Cannot read the input %s: no such file or directory".formatted(shown(absolute)));
      }
      int before = files.size();
      for (FileStatus status : found) {
        if (status.isDirectory()) {
          addFiles(fs, status.getPath(), files);
        } else {
          files.add(status.getPath());
        }
      }
      if (files.size() == before) {
        throw new UserException(
            "Cannot read the input %s: there are no files in it".formatted(shown(absolute)));
      }
      return absolute.toString();
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot read the input %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
    }
  }

  private static void addFiles(FileSystem fs, Path directory, List<Path> files) throws IOException {
    for (FileStatus status : fs.listStatus(directory)) {
      String name = status.getPath().getName();
      if (name.startsWith(".") || (name.startsWith("_") && !name.contains("="))) {
        continue;
      }
      if (status.isDirectory()) {
        addFiles(fs, status.getPath(), files);
      } else {
        files.add(status.getPath());
      }
    }
  }

  private static InputFormat inferFormat(List<Path> files) {
    Map<InputFormat, Path> formats = new TreeMap<>();
    for (Path file : files) {
      InputFormat format =
          InputFormat.ofFileName(file.getName())
              .orElseThrow(
                  () ->
                      new UserException(
                          "Cannot tell the format of %s from its name: give --input-format, one of %s"
                              .formatted(shown(file), InputFormat.labels())));
      formats.putIfAbsent(format, file);
    }
    if (formats.size() > 1) {
      throw new UserException(
          "Cannot read files of several formats at once (%s): run once per format, or give --input-format"
              .formatted(
                  formats.entrySet().stream()
                      .map(e -> e.getKey().label() + " in " + shown(e.getValue()))
                      .collect(Collectors.joining(", "))));
    }
    return formats.keySet().iterator().next();
  }

  private static String shown(Path path) {
    return Redaction.uri(path.toString());
  }
}
