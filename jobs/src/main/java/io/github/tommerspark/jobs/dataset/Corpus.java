package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.output.Committed;
import io.github.tommerspark.jobs.table.TableInput;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.FileRows;
import io.github.tommerspark.spark.ZstdCodec;
import io.github.tommerspark.sparknlp.TextReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
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
 * @param paths absolute paths of what was given, or the name of a table
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

  private static final Pattern GLOB = Pattern.compile("[\\[\\]{}*?\\\\]");

  private static final String CODECS = "io.compression.codecs";
  private static final String ZSTD = ZstdCodec.class.getName();

  /** The column with what could not be read. */
  public static final String MALFORMED = "_tommer_malformed";

  /**
   * Default options of Spark's readers.
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
          Map.of(),
          InputFormat.TABLE,
          Map.of());

  /**
   * Finds out what the input is, without reading rows except to learn a JSON schema.
   *
   * @throws UserException if a path does not exist, the format cannot be told, or there is no such
   *     text column
   */
  public static Corpus open(SparkSession spark, CorpusOptions options) {
    Optional<TableInput> table = TableInput.find(spark, options.paths(), options.options());
    if (table.isPresent()) {
      return ofTable(table.get(), options);
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    List<Path> files = new ArrayList<>();
    List<Path> roots = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (String path : options.paths()) {
      paths.add(resolve(path, hadoop, files, roots));
    }
    InputFormat format;
    Dataset<Row> rows;
    try {
      Committed committed = Committed.in(roots, hadoop);
      List<Path> named = committed.named(files);
      format = options.format() != null ? options.format() : inferFormat(named);
      rows =
          renamed(
              committed.read(only -> rows(spark, format, roots, named, options.with(only))),
              format,
              options);
    } catch (IOException e) {
      throw new UserException(
          "Cannot read the input %s: %s"
              .formatted(Redaction.uri(String.join(" ", paths)), e.getMessage()),
          e);
    }
    String malformed = Arrays.asList(rows.columns()).contains(MALFORMED) ? MALFORMED : null;
    String text =
        options.textColumn() == null
            ? null
            : textColumn(rows.schema(), options.textColumn(), malformed);
    return new Corpus(rows, format, List.copyOf(paths), text, malformed);
  }

  private static Corpus ofTable(TableInput table, CorpusOptions options) {
    if (options.format() != null) {
      throw new UserException(
          "Cannot read %s as files of %s: it is a table; leave out --input-format"
              .formatted(table.name(), options.format().label()));
    }
    Dataset<Row> rows = table.rows();
    String text =
        options.textColumn() == null ? null : textColumn(rows.schema(), options.textColumn(), null);
    return new Corpus(rows, InputFormat.TABLE, List.of(table.name().given()), text, null);
  }

  /** This corpus with other rows of the same schema. */
  Corpus withRows(Dataset<Row> others) {
    return new Corpus(others, format, paths, textColumn, malformedColumn);
  }

  /** Returns its locations, as absolute paths or globs; a table of a catalog may lie anywhere. */
  public List<String> places() {
    return TableName.places(paths);
  }

  /** The columns of the input itself. */
  public List<StructField> columns() {
    return Arrays.stream(rows.schema().fields())
        .filter(field -> !field.name().equals(malformedColumn))
        .toList();
  }

  private static Dataset<Row> renamed(
      Dataset<Row> rows, InputFormat format, CorpusOptions options) {
    return format == InputFormat.TEXT && options.textColumn() != null
        ? rows.withColumnRenamed("value", options.textColumn())
        : rows;
  }

  private static Dataset<Row> rows(
      SparkSession spark,
      InputFormat format,
      List<Path> roots,
      List<Path> files,
      CorpusOptions options) {
    Dataset<Row> rows = load(spark, format, roots, files, options);
    return switch (format) {
        // Only a schema that names the column makes the CSV reader report what is malformed.
      case CSV ->
          rows.schema().isEmpty()
              ? empty(spark, options)
              : reader(spark, format, options)
                  .schema(rows.schema().add(MALFORMED, DataTypes.StringType))
                  .load(literally(roots));
        // No line at all, so no column: an empty corpus is not an error.
      case JSON -> rows.schema().isEmpty() ? empty(spark, options) : rows;
      case PARQUET, ORC, TEXT, TABLE -> rows;
    };
  }

  private static DataFrameReader reader(
      SparkSession spark, InputFormat format, CorpusOptions options) {
    return spark.read().format(format.label()).options(settings(format, options));
  }

  /**
   * Learns the schema of files, for which those of JSON and CSV are read.
   *
   * @param roots files and directories
   * @param files these and those in the directories
   */
  public static Dataset<Row> load(
      SparkSession spark,
      InputFormat format,
      List<Path> roots,
      List<Path> files,
      CorpusOptions options) {
    DataFrameReader reader = reader(spark, format, options);
    try {
      if (format.hasMalformedRecords() && files.stream().anyMatch(Corpus::isGlob)) {
        StructType learned = literalReader(spark, format, options).load(texts(roots)).schema();
        return learned.isEmpty()
            ? spark.createDataFrame(List.of(), learned)
            : reader.schema(learned).load(literally(roots));
      }
      return reader.load(literally(roots));
    } catch (Exception e) {
      if (FileRows.failed(e)) {
        LOG.info("A file cannot be read; reading all again to learn which");
        FileRows.readAll(spark.read().option(CODECS, ZSTD).format("text").load(literally(roots)));
      }
      throw e;
    }
  }

  /**
   * To learn a schema, Spark takes the files that it has found for globs once more, unless it is
   * told not to take any path for one. It then reads such files several times, which a schema does
   * not mind. A CSV file is not read beyond its header.
   */
  private static DataFrameReader literalReader(
      SparkSession spark, InputFormat format, CorpusOptions options) {
    DataFrameReader reader = reader(spark, format, options).option("__globPaths__", "false");
    return format == InputFormat.CSV ? reader.option("multiLine", "false") : reader;
  }

  private static String[] texts(List<Path> paths) {
    return paths.stream().map(Path::toString).toArray(String[]::new);
  }

  /** Returns the options of Spark's reader. */
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
    return resolve(given, hadoop, files, new ArrayList<>());
  }

  /**
   * Adds the files that a path stands for, those below directories too, and makes it absolute.
   *
   * @param given a path, or a glob; the name of something that is there is taken as it is, whatever
   *     characters are in it
   * @param files receives the files
   * @param roots receives the files and directories that the path itself stands for
   * @throws UserException if there are none
   */
  public static String resolve(
      String given, Configuration hadoop, List<Path> files, List<Path> roots) {
    try {
      Path path = new Path(given);
      FileSystem fs = path.getFileSystem(hadoop);
      Path absolute = fs.makeQualified(path);
      FileStatus[] found = found(fs, absolute);
      if (found == null || found.length == 0) {
        throw new UserException(
            "Cannot read the input %s: no such file or directory".formatted(shown(absolute)));
      }
      int before = files.size();
      for (FileStatus status : found) {
        roots.add(status.getPath());
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

  /** Returns whether Spark would take a path for a glob. */
  public static boolean isGlob(Path path) {
    return GLOB.matcher(path.toString()).find();
  }

  /** Paths as Spark's readers are to be told of them: they take every path for a glob. */
  public static String[] literally(Collection<Path> paths) {
    return paths.stream()
        .map(path -> GLOB.matcher(path.toString()).replaceAll("\\\\$0"))
        .toArray(String[]::new);
  }

  private static FileStatus[] found(FileSystem fs, Path path) throws IOException {
    try {
      return new FileStatus[] {fs.getFileStatus(path)};
    } catch (FileNotFoundException e) {
      return fs.globStatus(path);
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
