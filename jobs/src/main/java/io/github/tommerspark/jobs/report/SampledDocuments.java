package io.github.tommerspark.jobs.report;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.slice;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.xxhash64;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.report.Block;
import io.github.tommerspark.report.Documents;
import io.github.tommerspark.report.Documents.Document;
import io.github.tommerspark.report.Documents.Legend;
import io.github.tommerspark.report.Documents.Passage;
import io.github.tommerspark.report.Mark;
import io.github.tommerspark.report.MarkStyle;
import io.github.tommerspark.report.Numbers;
import io.github.tommerspark.report.Paragraph;
import io.github.tommerspark.spark.MentionColumns;
import io.github.tommerspark.sparknlp.TextReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Documents of an annotated dataset with their mentions drawn in: a sample by a hash of the row's
 * id, so that the same dataset and seed give the same documents, and the driver never holds more
 * than it shows.
 */
final class SampledDocuments {

  /** With more models than these, each has the text to itself. */
  private static final int TOGETHER = 3;

  /** Mentions of one model in one document that are fetched. */
  private static final int MAX_FETCHED = 2_000;

  private static final String TEXT = "text";
  private static final String LENGTH = "length";
  private static final String ERROR = "error";
  private static final String GOLD = "gold";

  /** A model's mentions: its name, and the column that has them. */
  record Source(String name, String column) {}

  private final AnnotatedDataset data;
  private final ReportOptions options;
  private final List<Source> sources;
  private final int room;

  private int drawn;

  /**
   * Documents of a dataset.
   *
   * @param options of the report
   * @param sources the models whose mentions are drawn
   * @param room mentions that may be drawn
   */
  SampledDocuments(AnnotatedDataset data, ReportOptions options, List<Source> sources, int room) {
    this.data = data;
    this.options = options;
    this.sources = sources;
    this.room = room;
  }

  /**
   * Draws the sample.
   *
   * @return a paragraph and the documents; a paragraph alone where the dataset has no texts
   * @throws UserException if a column that was named is missing, or is not what it should be
   */
  List<Block> blocks() {
    Dataset<Row> rows = data.rows();
    String text = data.textName(options.textColumn());
    StructField body = find(rows, text);
    if (body == null) {
      if (options.textColumn() != null) {
        throw missing(rows, text, "--text-column");
      }
      return List.of(
          new Paragraph(
              "The dataset was written without its texts, so no documents are shown here."));
    }
    StructField gold = options.goldColumn() == null ? null : find(rows, options.goldColumn());
    if (options.goldColumn() != null && gold == null) {
      throw missing(rows, options.goldColumn(), "--gold-column");
    }
    if (gold != null && !isSpans(gold)) {
      throw new UserException(
          "Cannot take the column \"%s\" for gold spans: it is %s, not an array of structs with start and end"
              .formatted(gold.name(), gold.dataType().simpleString()));
    }
    Dataset<Row> sample = sample(rows, body.name(), gold);
    List<Document> documents = new ArrayList<>();
    List<Row> chosen = new ArrayList<>(sample.collectAsList());
    chosen.sort(Comparator.comparing(row -> row.<String>getAs("id")));
    for (Row row : chosen) {
      Document document = document(row, gold);
      int marks = document.passages().stream().mapToInt(p -> p.marks().size()).sum();
      if (drawn + marks > room) {
        break;
      }
      drawn += marks;
      documents.add(document);
    }
    return List.of(
        new Paragraph(choice(documents.size(), chosen.size())),
        new Documents(legend(gold), documents));
  }

  /** Mentions that {@link #blocks} drew. */
  int drawn() {
    return drawn;
  }

  private String choice(int shownDocuments, int chosen) {
    StringBuilder words = new StringBuilder();
    List<Provenance> runs = data.runs();
    Long all =
        runs.isEmpty() || runs.stream().anyMatch(run -> run.counts() == null)
            ? null
            : (Long) runs.stream().mapToLong(run -> run.counts().rowsWritten()).sum();
    words.append(
        String.format(
            Locale.ROOT,
            "%s of %s rows, those with text sampled by a hash with seed %d.",
            Numbers.count(shownDocuments),
            all == null ? "all" : Numbers.count(all),
            options.shown().seed()));
    if (shownDocuments < chosen) {
      words.append(
          " %s more were sampled, but the page has room for %s mentions only; raise --threshold or lower --max-characters to see more of them."
              .formatted(
                  Numbers.count(chosen - shownDocuments), Numbers.count(Documents.MAX_MENTIONS)));
    }
    if (options.shown().threshold() > 0) {
      words.append(" Only mentions that score %s or more.".formatted(options.shown().threshold()));
    }
    words.append(" Hold the pointer over a mention for its score.");
    return words.toString();
  }

  private List<Legend> legend(@Nullable StructField gold) {
    if (gold != null) {
      return List.of(
          new Legend(MarkStyle.HIT, "hit: gold and predicted"),
          new Legend(MarkStyle.MISS, "miss: gold, not predicted"),
          new Legend(MarkStyle.SPURIOUS, "spurious: predicted, not gold"));
    }
    List<Legend> legend = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      legend.add(new Legend(MarkStyle.model(i), sources.get(i).name()));
    }
    return legend;
  }

  private Dataset<Row> sample(Dataset<Row> rows, String text, @Nullable StructField gold) {
    StructField id = find(rows, data.idName(null));
    Column body = TextReader.strings(rows, text);
    List<Column> columns = new ArrayList<>();
    columns.add(
        id == null
            ? xxhash64(body).cast("string").as("id")
            : coalesce(ColumnNames.column(id.name()).cast("string"), lit("")).as("id"));
    columns.add(substring(body, 1, options.shown().characters()).as(TEXT));
    columns.add(length(body).as(LENGTH));
    StructField error = find(rows, MentionColumns.ERROR);
    columns.add(
        (error == null ? lit(null).cast("string") : ColumnNames.column(error.name())).as(ERROR));
    for (int i = 0; i < sources.size(); i++) {
      StructField field = find(rows, sources.get(i).column());
      if (field == null) {
        throw missing(rows, sources.get(i).column(), "the model " + sources.get(i).name());
      }
      columns.add(spans(field, options.shown().threshold()).as(model(i)));
    }
    if (gold != null) {
      columns.add(spans(gold, 0).as(GOLD));
    }
    return rows.where(length(trim(body)).gt(0))
        .select(columns.toArray(Column[]::new))
        .orderBy(xxhash64(lit(options.shown().seed()), col("id")), col("id"))
        .limit(options.shown().documents());
  }

  /** The spans in the part of the text that is shown, as far as they score enough. */
  private Column spans(StructField field, double threshold) {
    StructType span = (StructType) ((ArrayType) field.dataType()).elementType();
    boolean scored = threshold > 0 && Arrays.asList(span.fieldNames()).contains("score");
    return slice(
        filter(
            ColumnNames.column(field.name()),
            mention -> {
              Column begins = mention.getField("start").lt(options.shown().characters());
              return scored ? begins.and(mention.getField("score").geq((float) threshold)) : begins;
            }),
        1,
        MAX_FETCHED);
  }

  private Document document(Row row, @Nullable StructField gold) {
    String text = row.getAs(TEXT);
    int length = row.<Integer>getAs(LENGTH);
    String note =
        length > options.shown().characters()
            ? "The first %s of %s characters are shown."
                .formatted(Numbers.count(options.shown().characters()), Numbers.count(length))
            : "";
    List<List<Mark>> marks = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      marks.add(
          marks(row.getList(row.fieldIndex(model(i))), MarkStyle.model(i), sources.get(i).name()));
    }
    List<Passage> passages = new ArrayList<>();
    if (gold != null) {
      List<Mark> right = marks(row.getList(row.fieldIndex(GOLD)), MarkStyle.MISS, "gold");
      for (int i = 0; i < sources.size(); i++) {
        passages.add(new Passage(sources.get(i).name(), text, judged(marks.get(i), right), note));
      }
    } else if (sources.size() > TOGETHER) {
      for (int i = 0; i < sources.size(); i++) {
        passages.add(new Passage(sources.get(i).name(), text, marks.get(i), note));
      }
    } else {
      List<Mark> all = marks.stream().flatMap(List::stream).toList();
      passages.add(new Passage("", text, all, note));
    }
    String error = row.getAs(ERROR);
    return new Document(
        row.getAs("id"),
        "%s characters".formatted(Numbers.count(length)),
        error == null ? "" : error,
        passages);
  }

  private static String model(int index) {
    return "model" + index;
  }

  /** Marks of a row's spans; what is no span of a text is left out. */
  private static List<Mark> marks(List<Row> spans, MarkStyle style, String by) {
    List<Mark> marks = new ArrayList<>();
    if (spans == null) {
      return marks;
    }
    for (Row span : spans) {
      int start = span.<Number>getAs("start").intValue();
      int end = span.<Number>getAs("end").intValue();
      if (start >= 0 && end > start) {
        Number score = optional(span, "score");
        marks.add(
            new Mark(start, end, style, by, score == null ? null : score.floatValue(), type(span)));
      }
    }
    return marks;
  }

  private static @Nullable String type(Row span) {
    String type = optional(span, "type");
    return type != null ? type : optional(span, "label");
  }

  private static <T> @Nullable T optional(Row span, String field) {
    return Arrays.asList(span.schema().fieldNames()).contains(field) ? span.getAs(field) : null;
  }

  /** Predicted marks as hits and spurious ones, and the gold ones among them that are missed. */
  private static List<Mark> judged(List<Mark> predicted, List<Mark> gold) {
    Map<List<Integer>, Mark> right = new HashMap<>();
    gold.forEach(mark -> right.putIfAbsent(place(mark), mark));
    Set<List<Integer>> found = new HashSet<>();
    List<Mark> judged = new ArrayList<>();
    for (Mark mark : predicted) {
      Mark hit = right.get(place(mark));
      found.add(place(mark));
      judged.add(
          new Mark(
              mark.start(),
              mark.end(),
              hit == null ? MarkStyle.SPURIOUS : MarkStyle.HIT,
              mark.by(),
              mark.score(),
              hit == null ? mark.type() : hit.type()));
    }
    right.forEach(
        (place, mark) -> {
          if (!found.contains(place)) {
            judged.add(mark);
          }
        });
    judged.sort(Comparator.comparingInt(Mark::start).thenComparingInt(Mark::end));
    return judged;
  }

  private static List<Integer> place(Mark mark) {
    return List.of(mark.start(), mark.end());
  }

  /** As Spark compares names: regardless of case. */
  private static @Nullable StructField find(Dataset<Row> rows, String name) {
    return Arrays.stream(rows.schema().fields())
        .filter(field -> field.name().equalsIgnoreCase(name))
        .findFirst()
        .orElse(null);
  }

  private UserException missing(Dataset<Row> rows, String name, String of) {
    return new UserException(
        "Cannot find the column \"%s\" of %s in %s: its columns are %s"
            .formatted(name, of, data, String.join(", ", rows.columns())));
  }

  private static boolean isSpans(StructField field) {
    return field.dataType() instanceof ArrayType array
        && array.elementType() instanceof StructType span
        && Set.of(span.fieldNames()).containsAll(Set.of("start", "end"));
  }
}
