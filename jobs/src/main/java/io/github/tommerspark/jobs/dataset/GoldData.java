package io.github.tommerspark.jobs.dataset;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.gold.BratStandoff;
import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import io.github.tommerspark.gold.LabelStudioTasks;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.ZstdCodec;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.BZip2Codec;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.hadoop.io.compress.GzipCodec;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A gold data set, read on the driver: people have marked it, so it fits, and a line that makes no
 * sense can be named.
 *
 * @param name of the data set
 * @param paths absolute paths of what was given
 * @param documents in the order of the files
 */
public record GoldData(String name, List<String> paths, List<GoldDocument> documents) {

  private static final String TEXT = "text";
  private static final String ID = "id";
  private static final List<String> TYPES = List.of("type", "label");

  /**
   * Reads all data sets.
   *
   * @param given paths by name of the data set
   * @throws UserException if a path does not exist or its format cannot be told
   * @throws IOException if a file makes no sense
   */
  public static List<GoldData> read(
      SparkSession spark, Map<String, List<String>> given, GoldReading reading) throws IOException {
    List<GoldData> all = new ArrayList<>();
    for (Map.Entry<String, List<String>> gold : given.entrySet()) {
      GoldData data = read(spark, gold.getKey(), gold.getValue(), reading);
      if (data.documents().isEmpty()) {
        throw new UserException(
            "Cannot use the gold data %s: there are no documents in %s"
                .formatted(gold.getKey(), Redaction.uri(String.join(", ", gold.getValue()))));
      }
      all.add(data);
    }
    return all;
  }

  /**
   * Reads one data set.
   *
   * @param name of the data set
   * @param given files, directories or globs
   * @return which may have no documents
   * @throws UserException if a path does not exist or its format cannot be told
   * @throws IOException if a file makes no sense
   */
  public static GoldData read(
      SparkSession spark, String name, List<String> given, GoldReading reading) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    List<Path> files = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (String path : given) {
      paths.add(Corpus.resolve(path, hadoop, files));
    }
    List<GoldDocument> documents = new ArrayList<>();
    BratFiles brat = BratFiles.in(files, reading.format());
    for (Path file : brat.others()) {
      GoldSource source = reading.format() != null ? reading.format() : source(file);
      documents.addAll(
          source == GoldSource.PARQUET
              ? parquet(spark, file, reading.column())
              : text(file, source, hadoop));
    }
    for (BratFiles.Pair pair : brat.pairs()) {
      documents.add(brat(pair, hadoop));
    }
    return new GoldData(
        name, List.copyOf(paths), documents.stream().map(reading.types()::of).toList());
  }

  private static GoldSource source(Path file) {
    return GoldSource.ofFileName(file.getName())
        .orElseThrow(
            () ->
                new UserException(
                    "Cannot tell the format of %s from its name: give --gold-format, one of %s"
                        .formatted(Redaction.uri(file.toString()), GoldSource.labels())));
  }

  private static List<GoldDocument> text(Path file, GoldSource source, Configuration hadoop)
      throws IOException {
    try (InputStream in = open(file, hadoop)) {
      return source == GoldSource.LABEL_STUDIO
          ? LabelStudioTasks.read(shown(file), in)
          : source.format().read(shown(file), in);
    }
  }

  private static GoldDocument brat(BratFiles.Pair pair, Configuration hadoop) throws IOException {
    String text;
    try (InputStream in = open(pair.text(), hadoop)) {
      text = BratStandoff.text(shown(pair.text()), in);
    } catch (FileNotFoundException e) {
      throw new UserException(
          "Cannot read gold file %s: its text is not beside it, in %s"
              .formatted(shown(pair.mentions()), pair.text().getName()),
          e);
    }
    try (InputStream in = open(pair.mentions(), hadoop)) {
      return BratStandoff.read(pair.name(), text, shown(pair.mentions()), in);
    } catch (FileNotFoundException e) {
      throw new UserException(
          "Cannot read gold file %s: its mentions are not beside it, in %s, which is empty where there are none"
              .formatted(shown(pair.text()), pair.mentions().getName()),
          e);
    }
  }

  private static InputStream open(Path file, Configuration hadoop) throws IOException {
    Configuration codecs = new Configuration(hadoop);
    codecs.set(
        "io.compression.codecs",
        String.join(
            ",", GzipCodec.class.getName(), BZip2Codec.class.getName(), ZstdCodec.class.getName()));
    CompressionCodec codec = new CompressionCodecFactory(codecs).getCodec(file);
    InputStream raw = file.getFileSystem(hadoop).open(file);
    try {
      return codec == null ? raw : codec.createInputStream(raw);
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  /** As the user would write it: local paths without their scheme. */
  private static String shown(Path file) {
    return "file".equals(file.toUri().getScheme())
        ? file.toUri().getPath()
        : Redaction.uri(file.toString());
  }

  private static List<GoldDocument> parquet(SparkSession spark, Path file, String column)
      throws IOException {
    Dataset<Row> rows = spark.read().parquet(file.toString());
    boolean hasId = Arrays.asList(rows.columns()).contains(ID);
    StructType mention = mentionType(rows.schema(), shown(file), column);
    String type =
        TYPES.stream()
            .filter(name -> Arrays.asList(mention.fieldNames()).contains(name))
            .findFirst()
            .orElse(null);
    DataType plain =
        DataTypes.createArrayType(
            new StructType()
                .add("start", DataTypes.IntegerType)
                .add("end", DataTypes.IntegerType)
                .add("type", DataTypes.StringType));
    Column fields =
        transform(
            ColumnNames.column(column),
            m ->
                struct(
                    m.getField("start"),
                    m.getField("end"),
                    type == null ? lit(null) : m.getField(type)));
    Iterator<Row> found =
        rows.select(
                hasId ? col(ID).cast(DataTypes.StringType) : lit(null),
                col(TEXT),
                fields.cast(plain))
            .toLocalIterator();
    List<GoldDocument> documents = new ArrayList<>();
    for (long number = 1; found.hasNext(); number++) {
      documents.add(document(found.next(), shown(file), number));
    }
    return documents;
  }

  private static StructType mentionType(StructType schema, String file, String column) {
    List<String> names = Arrays.asList(schema.fieldNames());
    for (String needed : List.of(TEXT, column)) {
      if (!names.contains(needed)) {
        throw new UserException(
            "Cannot read gold file %s: it has no column \"%s\", its columns are %s%s"
                .formatted(
                    file,
                    needed,
                    String.join(", ", names),
                    needed.equals(column) ? "; name the right one with --gold-column" : ""));
      }
    }
    if (schema.apply(column).dataType() instanceof ArrayType array
        && array.elementType() instanceof StructType mention
        && Arrays.asList(mention.fieldNames()).containsAll(List.of("start", "end"))) {
      return mention;
    }
    throw new UserException(
        "Cannot read gold file %s: the column \"%s\" is of type %s, not an array of structs with start and end; name another with --gold-column"
            .formatted(file, column, schema.apply(column).dataType().simpleString()));
  }

  private static GoldDocument document(Row row, String file, long number) throws IOException {
    try {
      if (row.isNullAt(1)) {
        throw new IllegalArgumentException("the text is null");
      }
      List<GoldSpan> mentions = new ArrayList<>();
      List<Row> marked = row.isNullAt(2) ? List.of() : row.getList(2);
      for (Row mention : marked) {
        if (mention == null || mention.isNullAt(0) || mention.isNullAt(1)) {
          throw new IllegalArgumentException("a mention has no start or no end");
        }
        mentions.add(new GoldSpan(mention.getInt(0), mention.getInt(1), mention.getString(2)));
      }
      String id = row.isNullAt(0) ? file + ":" + number : row.getString(0);
      return GoldDocument.ofCodePoints(id, row.getString(1), mentions);
    } catch (IllegalArgumentException e) {
      throw new UserException(
          String.format(
              Locale.ROOT, "Cannot read gold file %s, row %d: %s", file, number, e.getMessage()),
          e);
    }
  }
}
