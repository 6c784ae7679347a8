package io.github.tommerspark.jobs.judge;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.size;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.StoredMentions;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.sparknlp.TextReader;
import io.github.tommerspark.text.CodePointOffsets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Whole documents of an annotated dataset, drawn at random.
 *
 * <p>Documents are taken in the order of the SHA-256 of {@code <seed>:<id>}, so that a sample
 * depends on nothing but the seed and the ids, and a larger one begins with the smaller.
 *
 * @param models names of the models by the columns with their mentions
 * @param population documents with a mention of any of them
 * @param documents in the order they were drawn
 * @param repeated documents left out because of an id that was there before
 */
record JudgeSample(
    Map<String, String> models, long population, List<Document> documents, int repeated) {

  /**
   * A document with a mention of any model.
   *
   * @param id as text
   * @param text not null
   * @param mentions by column, in the order of the models
   */
  record Document(String id, String text, List<List<Span>> mentions) {}

  /**
   * A mention.
   *
   * @param start its first code point
   * @param end the code point after its last
   * @param text that is marked
   * @param score of the model; null if the dataset has none
   */
  record Span(int start, int end, String text, @Nullable Float score) {}

  /**
   * Draws a sample.
   *
   * @throws UserException if the dataset, a column or a mention is not as it should be
   * @throws IOException if the provenance of the dataset cannot be read
   */
  static JudgeSample draw(SparkSession spark, JudgeOptions options) throws IOException {
    AnnotatedDataset data = options.input().open(spark);
    StructType schema = data.rows().schema();
    String textColumn =
        Corpus.textColumn(
            schema, data.textName(options.input().textColumn()), data.malformedColumn());
    Map<String, String> models = models(data, options);

    Column text = TextReader.strings(data.rows(), textColumn);
    Column id = data.id(options.input().idColumn(), text);

    List<String> columns = List.copyOf(models.keySet());
    List<Column> selected = new ArrayList<>();
    selected.add(sha2(concat(lit(options.seed() + ":"), id), 256).as("position"));
    selected.add(id.as("id"));
    selected.add(text.as("text"));
    Column any = lit(false);
    for (int m = 0; m < columns.size(); m++) {
      any = any.or(size(ColumnNames.column(columns.get(m))).gt(0));
      selected.add(StoredMentions.column(schema, columns.get(m)).as("mentions" + m));
    }
    Dataset<Row> rows =
        data.rows().where(text.isNotNull().and(any)).select(selected.toArray(Column[]::new));
    List<Row> drawn =
        rows.orderBy("position", "id", "text").limit(options.documents()).collectAsList();
    Map<String, Document> documents = new LinkedHashMap<>();
    for (Row row : drawn) {
      Document document = document(row, columns.size());
      documents.putIfAbsent(document.id(), document);
    }
    return new JudgeSample(
        models, rows.count(), List.copyOf(documents.values()), drawn.size() - documents.size());
  }

  /** Names of models by column, of the columns asked for or of all that hold mentions. */
  private static Map<String, String> models(AnnotatedDataset data, JudgeOptions options) {
    Map<String, String> names = data.models();
    List<String> columns = data.mentionColumns(options.input().columns(), "judge");
    if (columns.isEmpty()) {
      throw new UserException(
          "Cannot find mentions in %s: no column is an array of structs with start and end"
              .formatted(Redaction.uri(options.input().paths().get(0))));
    }
    return columns.stream()
        .collect(
            Collectors.toMap(
                name -> name,
                name -> names.getOrDefault(name, name),
                (a, b) -> a,
                LinkedHashMap::new));
  }

  /** Mentions are checked, since a verdict on another text than the model's says nothing. */
  private static Document document(Row row, int columns) {
    String id = row.getAs("id");
    String text = row.getAs("text");
    CodePointOffsets offsets = CodePointOffsets.of(text);
    List<List<Span>> mentions =
        IntStream.range(0, columns)
            .mapToObj(m -> row.<Row>getList(row.fieldIndex("mentions" + m)))
            .map(
                found ->
                    StoredMentions.read("judge", id, text, offsets, found).stream()
                        .map(m -> new Span(m.start(), m.end(), m.text(), m.score()))
                        .distinct()
                        .toList())
            .toList();
    return new Document(id, text, mentions);
  }
}
