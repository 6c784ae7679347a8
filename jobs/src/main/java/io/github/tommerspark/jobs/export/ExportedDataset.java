package io.github.tommerspark.jobs.export;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sha2;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.export.AnnotatedText;
import io.github.tommerspark.export.Annotation;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.StoredMentions;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.sparknlp.TextReader;
import io.github.tommerspark.text.CodePointOffsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * The documents of an annotated dataset that are to be written.
 *
 * @param all every row, with {@link #ID}, {@link #TEXT}, {@link #FAILED}, and a column of mentions
 *     for each model
 * @param documents those with a text of which no model failed, or a sample of them
 * @param models names of the models, in the order of their columns
 * @param source where they come from, without secrets
 */
record ExportedDataset(
    Dataset<Row> all, Dataset<Row> documents, List<String> models, String source) {

  static final String ID = "id";
  static final String TEXT = "text";
  static final String FAILED = "failed";

  private static final int FIRST_MENTIONS = 3;
  private static final String POSITION = "position";

  /**
   * Finds the documents.
   *
   * @throws UserException if a column is not as it should be, or several hold mentions where one is
   *     wanted
   */
  static ExportedDataset of(AnnotatedDataset data, ExportOptions options) {
    StructType schema = data.rows().schema();
    Optional<StructField> named = data.find(data.textName(options.input().textColumn()));
    if (named.isEmpty() && options.input().textColumn() == null) {
      throw new UserException(
          "Cannot export %s: it was written without its texts, or they are in none of its columns %s; annotate without --drop-text, or name the column with --text-column"
              .formatted(data, data.names()));
    }
    String textColumn =
        Corpus.textColumn(
            schema, data.textName(options.input().textColumn()), data.malformedColumn());
    Column text = TextReader.strings(data.rows(), textColumn);
    Map<String, String> names = data.models();
    List<String> columns = columns(data, options);

    List<Column> selected = new ArrayList<>();
    selected.add(data.id(options.input().idColumn(), text).as(ID));
    selected.add(text.as(TEXT));
    selected.add(AnnotatedDataset.failed(data.rows(), data.malformedColumn()).as(FAILED));
    for (int m = 0; m < columns.size(); m++) {
      Column mentions = StoredMentions.column(schema, columns.get(m));
      selected.add(filter(mentions, mention -> isWanted(mention, options)).as(mentionsColumn(m)));
    }
    Dataset<Row> all = data.rows().select(selected.toArray(Column[]::new));
    Dataset<Row> documents =
        all.where(ColumnNames.column(TEXT).isNotNull().and(not(ColumnNames.column(FAILED))));
    if (options.sample().documents() != null) {
      Column position =
          sha2(concat(lit(options.sample().seed() + ":"), ColumnNames.column(ID)), 256);
      documents =
          documents
              .withColumn(POSITION, position)
              .orderBy(POSITION, ID, TEXT)
              .limit(options.sample().documents())
              .drop(POSITION);
    }
    return new ExportedDataset(
        all,
        documents,
        columns.stream().map(column -> names.getOrDefault(column, column)).toList(),
        data.toString());
  }

  /** Returns the name of the column of a model's mentions. */
  static String mentionsColumn(int model) {
    return "mentions" + model;
  }

  private static Column isWanted(Column mention, ExportOptions options) {
    Column score = mention.getField("score");
    Column wanted = score.isNull().or(score.geq(lit((float) options.threshold())));
    return options.unlabelled().leftOut()
        ? wanted.and(mention.getField("label").isNotNull())
        : wanted;
  }

  private static List<String> columns(AnnotatedDataset data, ExportOptions options) {
    List<String> columns = data.mentionColumns(options.input().columns(), "export");
    if (columns.isEmpty()) {
      throw new UserException(
          "Cannot find mentions in %s: none of its columns %s is an array of structs with start and end"
              .formatted(data, data.names()));
    }
    if (columns.size() > 1 && !options.format().takesModels()) {
      throw new UserException(
          "Cannot tell which mentions of %s to export as %s: there are %s; choose one with --column"
              .formatted(data, options.format().label(), String.join(", ", columns)));
    }
    return columns;
  }

  /**
   * Reads a document.
   *
   * @param row of {@link #documents}
   * @param models how many there are
   * @return its text with the mentions of each model
   * @throws UserException if a mention is not in the text
   */
  static List<AnnotatedText> read(Row row, int models) {
    String id = row.getString(0);
    String text = row.getString(1);
    CodePointOffsets offsets = CodePointOffsets.of(text);
    List<AnnotatedText> texts = new ArrayList<>(models);
    for (int m = 0; m < models; m++) {
      List<Row> mentions =
          row.isNullAt(FIRST_MENTIONS + m) ? null : row.getList(FIRST_MENTIONS + m);
      List<Annotation> annotations =
          StoredMentions.read("export", id, text, offsets, mentions).stream()
              .map(
                  mention ->
                      new Annotation(
                          offsets.toUtf16(mention.start()),
                          offsets.toUtf16(mention.end()),
                          mention.score(),
                          mention.label(),
                          mention.labelScore()))
              .toList();
      texts.add(new AnnotatedText(id, text, annotations));
    }
    return texts;
  }
}
