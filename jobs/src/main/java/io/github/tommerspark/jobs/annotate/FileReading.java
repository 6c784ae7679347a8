package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * A way of reading the files of all inputs, as a stream and one by one.
 *
 * @param paths of the inputs
 * @param format of the files
 * @param schema of the rows
 * @param asRead the schema with the names that Spark's source gives
 * @param text name of the text column
 * @param corpus further options of the source
 */
record FileReading(
    List<StreamPath> paths,
    InputFormat format,
    StructType schema,
    StructType asRead,
    String text,
    CorpusOptions corpus) {

  /** The name of a line's column in Spark's text source. */
  private static final String TEXT_VALUE = "value";

  /**
   * Plans how to read inputs.
   *
   * @param inputs absolute paths or globs
   * @param schema of the rows
   * @param text name of the text column
   * @param corpus further options of the source
   */
  static FileReading of(
      List<String> inputs,
      InputFormat format,
      StructType schema,
      String text,
      CorpusOptions corpus,
      Configuration hadoop)
      throws IOException {
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
    List<StreamPath> paths = new ArrayList<>();
    for (String input : inputs) {
      paths.add(StreamPath.of(input, hadoop));
    }
    return new FileReading(paths, format, schema, asRead, text, corpus);
  }

  /**
   * The rows of all inputs as a stream.
   *
   * @param maxFiles files of a batch and input at most
   */
  Dataset<Row> stream(SparkSession spark, int maxFiles) {
    Map<String, String> settings = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    // Spark's default skips a file that is a week older than the newest one seen, silently.
    settings.put("maxFileAge", "36500d");
    settings.putAll(Corpus.settings(format, corpus));
    settings.put("maxFilesPerTrigger", Integer.toString(maxFiles));
    return paths.stream()
        .map(
            path ->
                inOrder(
                    spark
                        .readStream()
                        .format(format.label())
                        .options(settings)
                        .options(path.options())
                        .schema(asRead)
                        .load(path.path())))
        .reduce(Dataset::union)
        .orElseThrow();
  }

  /**
   * The rows of a batch, read file by file: Spark reads those with glob characters in their names
   * once for each such file in the batch.
   *
   * @param files of each input
   */
  Dataset<Row> again(SparkSession session, List<List<Path>> files) {
    List<Dataset<Row>> parts = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      if (!files.get(i).isEmpty()) {
        DataFrameReader reader =
            session.read().format(format.label()).options(Corpus.settings(format, corpus));
        if (!paths.get(i).options().isEmpty()) {
          reader = reader.option("basePath", paths.get(i).path());
        }
        parts.add(inOrder(reader.schema(asRead).load(Corpus.literally(files.get(i)))));
      }
    }
    return parts.stream().reduce(Dataset::union).orElseThrow();
  }

  /** A partitioned directory puts its columns last, wherever the schema has them. */
  private Dataset<Row> inOrder(Dataset<Row> rows) {
    Dataset<Row> named =
        format == InputFormat.TEXT ? rows.withColumnRenamed(TEXT_VALUE, text) : rows;
    return named.select(
        Arrays.stream(schema.fieldNames()).map(ColumnNames::column).toArray(Column[]::new));
  }
}
