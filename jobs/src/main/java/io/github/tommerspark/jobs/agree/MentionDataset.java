package io.github.tommerspark.jobs.agree;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.xxhash64;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.table.TableName;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.spark.SpanReader;
import io.github.tommerspark.sparknlp.TextReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;

/**
 * A dataset with mentions in it.
 *
 * @param name given to it; null for none
 * @param rows all of them
 * @param paths absolute paths that it was read from
 * @param idColumn that identifies a document; null for a hash of the text
 * @param textColumn with the text; null if there is none
 * @param malformedColumn that is not null where a row could not be read; null if there is none
 * @param models whose mentions are in it
 */
public record MentionDataset(
    @Nullable String name,
    Dataset<Row> rows,
    List<String> paths,
    @Nullable String idColumn,
    @Nullable String textColumn,
    @Nullable String malformedColumn,
    List<Model> models) {

  /**
   * A model and its column.
   *
   * @param name of the model
   * @param column with its mentions
   */
  record Model(String name, String column) {}

  /**
   * Opens an annotated dataset and finds out what is in it.
   *
   * @param columns mentions columns to use, if they are there; null for all that there are
   * @param textColumn with the text; null for what the data says of itself
   * @param idColumn that identifies a document; null for what the data says of itself
   * @throws UserException if something named is not there, or there are no mentions
   */
  public static MentionDataset open(
      SparkSession spark,
      AgreeOptions.Source source,
      @Nullable List<String> columns,
      @Nullable String textColumn,
      @Nullable String idColumn)
      throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    String first = source.paths().get(0);
    if (source.paths().size() == 1 && !TableName.is(first)) {
      Optional<Dataset<Row>> upstream = UpstreamInferences.read(spark, first);
      if (upstream.isPresent()) {
        return new MentionDataset(
            source.name(),
            upstream.get(),
            List.of(absolute(first, hadoop)),
            UpstreamInferences.ID,
            UpstreamInferences.TEXT,
            null,
            models(
                source.name(),
                List.of(UpstreamInferences.MENTIONS),
                Map.of(),
                UpstreamInferences.MENTIONS));
      }
    }
    AnnotatedDataset data = AnnotatedDataset.open(spark, source.paths(), null);
    String text =
        textColumn != null
            ? require(data, textColumn, "--text-column")
            : data.find(data.textName(null)).map(StructField::name).orElse(null);
    if (text != null) {
      TextReader.refusal(data.find(text).orElseThrow())
          .ifPresent(
              reason -> {
                throw new UserException(
                    "Cannot read texts from the column \"%s\" of %s: %s; name another with --text-column"
                        .formatted(text, data, reason));
              });
    }
    return new MentionDataset(
        source.name(),
        data.rows(),
        data.paths(),
        idColumn(data, idColumn, text),
        text,
        data.malformedColumn(),
        models(source.name(), mentionColumns(data, columns), data.models(), data.toString()));
  }

  private static String absolute(String given, Configuration hadoop) throws IOException {
    Path path = new Path(given);
    return path.getFileSystem(hadoop).makeQualified(path).toString();
  }

  private static @Nullable String idColumn(
      AnnotatedDataset data, @Nullable String given, @Nullable String text) {
    if (given != null) {
      return require(data, given, "--id-column");
    }
    Optional<StructField> id = data.find(data.idName(null));
    if (id.isEmpty() && text == null) {
      throw new UserException(
          "Cannot tell the documents of %s apart: it has neither an id nor a text; its columns are %s; name one with --id-column"
              .formatted(data, data.names()));
    }
    return id.map(StructField::name).orElse(null);
  }

  private static List<String> mentionColumns(AnnotatedDataset data, @Nullable List<String> wanted) {
    List<String> found = new ArrayList<>();
    List<StructField> mentions = data.mentionColumns();
    for (StructField field : data.columns()) {
      boolean named = wanted == null || wanted.stream().anyMatch(field.name()::equalsIgnoreCase);
      if (named && mentions.contains(field)) {
        found.add(field.name());
      } else if (named && wanted != null) {
        throw new UserException(
            "Cannot read mentions from the column \"%s\" of %s: it is of type %s, not array<struct<start:int,end:int,...>>"
                .formatted(field.name(), data, field.dataType().simpleString()));
      }
    }
    if (found.isEmpty()) {
      throw new UserException(
          "Cannot find mentions in %s: none of its columns%s is an array<struct<start:int,end:int,...>>; they are %s"
              .formatted(
                  data,
                  wanted == null ? "" : " named by --columns " + String.join(",", wanted),
                  data.names()));
    }
    return found;
  }

  /** A dataset with a name gives it to its only model, and else to the beginning of all. */
  private static List<Model> models(
      @Nullable String dataset, List<String> columns, Map<String, String> known, String shown) {
    List<Model> models = new ArrayList<>();
    for (String column : columns) {
      String own = known.getOrDefault(column, withoutPrefix(column));
      String name = dataset == null ? own : columns.size() == 1 ? dataset : dataset + "." + own;
      if (models.stream().anyMatch(model -> model.name().equals(name))) {
        throw new UserException(
            "Cannot tell the models of %s apart: two are called %s; choose columns with --columns"
                .formatted(shown, name));
      }
      models.add(new Model(name, column));
    }
    return models;
  }

  private static String withoutPrefix(String column) {
    String prefix = MentionColumns.MENTIONS + "_";
    return column.startsWith(prefix) && column.length() > prefix.length()
        ? column.substring(prefix.length())
        : column;
  }

  /** Returns the column as the data spells it. */
  private static String require(AnnotatedDataset data, String name, String option) {
    return data.find(name)
        .map(StructField::name)
        .orElseThrow(
            () ->
                new UserException(
                    "Cannot find the column \"%s\" of %s in %s: its columns are %s"
                        .formatted(name, option, data, data.names())));
  }

  /**
   * Its rows as {@link SpanReader} reads them.
   *
   * @param withRow whether the whole row follows as a struct
   */
  public Dataset<Row> spans(boolean withRow) {
    Column text =
        textColumn != null
            ? TextReader.strings(rows, textColumn)
            : lit(null).cast(DataTypes.StringType);
    List<Column> columns = new ArrayList<>();
    columns.add(
        (idColumn != null
                ? ColumnNames.column(idColumn).cast(DataTypes.StringType)
                : AnnotatedDataset.madeId(text))
            .as("id"));
    columns.add(AnnotatedDataset.failed(rows, malformedColumn).as("failed"));
    columns.add(text.as("text"));
    columns.add(
        (textColumn != null ? xxhash64(text) : lit(null).cast(DataTypes.LongType)).as("text_hash"));
    models.forEach(model -> columns.add(ColumnNames.column(model.column())));
    if (withRow) {
      Column[] all =
          Arrays.stream(rows.columns())
              .filter(name -> !name.equals(malformedColumn))
              .map(ColumnNames::column)
              .toArray(Column[]::new);
      columns.add(struct(all).as("row"));
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  @Override
  public String toString() {
    return name != null ? name : Redaction.uri(String.join(" ", paths));
  }
}
