package io.github.tommerspark.report;

import static io.github.tommerspark.results.ResultJson.list;

import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.results.EvaluationFile.AggregateRow;
import io.github.tommerspark.results.EvaluationFile.Confusion;
import io.github.tommerspark.results.EvaluationFile.Example;
import io.github.tommerspark.results.EvaluationFile.Gold;
import io.github.tommerspark.results.EvaluationFile.Length;
import io.github.tommerspark.results.EvaluationFile.Nested;
import io.github.tommerspark.results.EvaluationFile.Row;
import io.github.tommerspark.results.EvaluationFile.Scored;
import io.github.tommerspark.results.EvaluationFile.Type;
import io.github.tommerspark.results.EvaluationFile.Typed;
import io.github.tommerspark.results.EvaluationFile.TypedClass;
import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The measurements of {@code evaluate}, as a section. */
final class EvaluationSection {

  /** Examples shown of each kind, model and dataset. */
  private static final int MAX_EXAMPLES = 25;

  /** Columns of a confusion matrix up to which its numbers are written into it. */
  private static final int MAX_PRINTED = 8;

  /** The column of mentions that no prediction found. */
  private static final String MISSED = "(missed)";

  private EvaluationSection() {}

  /**
   * Reads the file.
   *
   * @param json its content
   * @param file its name, for messages and as the source
   * @throws IOException if it is not such a file; the message is one line
   */
  static Section read(byte[] json, String file) throws IOException {
    EvaluationFile evaluation = ResultJson.read(json, file, EvaluationFile.class);
    if (evaluation.rows() == null) {
      throw new IOException("Cannot read %s: field \"rows\" is missing".formatted(file));
    }
    return new Section("Evaluation against gold data", new Blocks(evaluation, file).all());
  }

  /** The blocks of one file. */
  private static final class Blocks {
    private final EvaluationFile evaluation;
    private final String file;
    private final List<Block> blocks = new ArrayList<>();

    Blocks(EvaluationFile evaluation, String file) {
      this.evaluation = evaluation;
      this.file = file;
    }

    List<Block> all() {
      blocks.add(
          Facts.of(
              "Source",
              file,
              "Made by",
              evaluation.product(),
              "Made at",
              evaluation.created(),
              "Matching",
              matching()));
      list(evaluation.warnings()).forEach(warning -> blocks.add(new Paragraph("⚠ " + warning)));
      if (!list(evaluation.gold()).isEmpty()) {
        Table.Builder gold = Table.of("Gold data", "Dataset", "Documents#", "Files");
        for (Gold data : evaluation.gold()) {
          gold.row(
              data.dataset(),
              Numbers.count(data.documents()),
              String.join(", ", list(data.paths())));
        }
        blocks.add(gold.build());
      }
      rows();
      aggregates();
      blocks.addAll(CurveCharts.of(list(evaluation.curves())));
      types();
      typed();
      confusion();
      lengths();
      nested();
      examples("missed", "Missed: in the gold data, not predicted", MarkStyle.MISS);
      examples("spurious", "Spurious: predicted, not in the gold data", MarkStyle.SPURIOUS);
      return blocks;
    }

    private @Nullable String matching() {
      if (evaluation.matching() == null) {
        return null;
      }
      return switch (evaluation.matching()) {
        case "token" -> "token (the published protocol: same first and last token)";
        case "char" -> "char (same characters)";
        default -> evaluation.matching();
      };
    }

    private Table.Builder scores(String caption, String what) {
      return Table.of(
          caption,
          "Model",
          what,
          "Precision#",
          "Recall#",
          "F1#",
          "Hits#",
          "Spurious#",
          "Gold#",
          "Samples#",
          "Threshold#",
          "Decoder");
    }

    private void rows() {
      Table.Builder table = scores("Precision, recall and F1", "Dataset");
      for (Row row : evaluation.rows()) {
        String threshold = row.threshold() == null ? null : String.valueOf(row.threshold());
        table.row(scores(row, row.dataset(), amount(row.nSamples()), threshold, row.decoder()));
      }
      blocks.add(table.build());
    }

    private void aggregates() {
      if (list(evaluation.aggregates()).isEmpty()) {
        return;
      }
      Table.Builder table = scores("All datasets together", "Aggregate");
      for (AggregateRow row : evaluation.aggregates()) {
        table.row(scores(row, row.name(), amount(row.nSamples()), null, null));
      }
      blocks.add(table.build());
    }

    /** The cells of a row: the model, where, its scores, and more. */
    private static String[] scores(Scored row, String where, @Nullable String... more) {
      List<String> cells =
          new ArrayList<>(
              Arrays.asList(
                  row.model(),
                  where,
                  Numbers.ratio(row.precision()),
                  Numbers.ratio(row.recall()),
                  Numbers.ratio(row.f1()),
                  amount(row.truePos()),
                  amount(row.falsePos()),
                  amount(row.total())));
      cells.addAll(Arrays.asList(more));
      return cells.toArray(String[]::new);
    }

    /** A count; the mean of several may have a fraction. */
    private static String amount(Number value) {
      return value == null || value.doubleValue() == Math.rint(value.doubleValue())
          ? Numbers.count(value)
          : Numbers.fixed(value, 1);
    }

    private void types() {
      if (list(evaluation.types()).isEmpty()) {
        return;
      }
      Table.Builder table =
          Table.of("Recall by type", "Model", "Dataset", "Type", "Gold#", "Found#", "Recall#");
      for (Type type : evaluation.types()) {
        table.row(
            type.model(),
            type.dataset(),
            type.type(),
            Numbers.count(type.gold()),
            Numbers.count(type.found()),
            Numbers.ratio(type.recall()));
      }
      blocks.add(table.build());
    }

    private void typed() {
      if (list(evaluation.typed()).isEmpty()) {
        return;
      }
      Table.Builder table =
          Table.of(
              "Labels: all classes but O",
              "Model",
              "Dataset",
              "Precision#",
              "Recall#",
              "F1#",
              "Right#",
              "Wrong#",
              "Gold#",
              "Detected#");
      for (Typed row : evaluation.typed()) {
        table.row(scores(row, row.dataset(), Numbers.ratio(row.detectorRecall())));
      }
      blocks.add(table.build());
      blocks.add(
          new Paragraph(
              "Detected is the share of gold mentions that were predicted, whatever their label: recall cannot be higher."));
      Table.Builder classes =
          Table.of(
              "Labels by class",
              "Model",
              "Dataset",
              "Class",
              "Precision#",
              "Recall#",
              "F1#",
              "Right#",
              "Wrong#",
              "Gold#");
      for (TypedClass row : list(evaluation.classes())) {
        classes.row(
            row.model(),
            row.dataset(),
            row.type(),
            Numbers.ratio(row.precision()),
            Numbers.ratio(row.recall()),
            Numbers.ratio(row.f1()),
            amount(row.truePos()),
            amount(row.falsePos()),
            amount(row.total()));
      }
      blocks.add(classes.build());
    }

    /** Per model and data set the shares of labels that gold mentions of each type got. */
    private void confusion() {
      Map<List<String>, List<Confusion>> matrices =
          list(evaluation.confusion()).stream()
              .collect(
                  Collectors.groupingBy(
                      row -> List.of(or(row.model()), or(row.dataset())),
                      LinkedHashMap::new,
                      Collectors.toList()));
      matrices.forEach((of, rows) -> blocks.add(confusion(of, rows)));
    }

    private static HeatMap confusion(List<String> of, List<Confusion> rows) {
      SortedSet<String> labels = new TreeSet<>();
      rows.forEach(row -> labels.addAll(labels(row).keySet()));
      List<String> columns = new ArrayList<>(labels);
      columns.add(MISSED);
      double[][] values = new double[rows.size()][columns.size()];
      String[][] details = new String[rows.size()][columns.size()];
      for (int r = 0; r < rows.size(); r++) {
        Confusion row = rows.get(r);
        long missed = row.missed() == null ? 0 : row.missed();
        long total = missed + labels(row).values().stream().mapToLong(Long::longValue).sum();
        for (int c = 0; c < columns.size(); c++) {
          long count = c == labels.size() ? missed : labels(row).getOrDefault(columns.get(c), 0L);
          values[r][c] = total == 0 ? Double.NaN : (double) count / total;
          details[r][c] = "%s of %s".formatted(Numbers.count(count), Numbers.count(total));
        }
      }
      return new HeatMap(
          "Confusion of labels (%s); O in a row: predicted, but not gold"
              .formatted(String.join(", ", of)),
          "gold type",
          "label",
          rows.stream().map(row -> or(row.type())).toList(),
          columns,
          values,
          details,
          columns.size() <= MAX_PRINTED);
    }

    private static Map<String, Long> labels(Confusion row) {
      return row.labels() == null ? Map.of() : row.labels();
    }

    private void lengths() {
      if (list(evaluation.lengths()).isEmpty()) {
        return;
      }
      Table.Builder table =
          Table.of(
              "By length of the mention",
              "Model",
              "Dataset",
              "Length",
              "Gold#",
              "Found#",
              "Predicted#",
              "Precision#",
              "Recall#");
      for (Length length : evaluation.lengths()) {
        table.row(
            length.model(),
            length.dataset(),
            length.length(),
            Numbers.count(length.gold()),
            Numbers.count(length.found()),
            Numbers.count(length.predicted()),
            Numbers.ratio(length.precision()),
            Numbers.ratio(length.recall()));
      }
      blocks.add(table.build());
    }

    private void nested() {
      if (list(evaluation.nested()).isEmpty()) {
        return;
      }
      Table.Builder table =
          Table.of("Recall by nesting", "Model", "Dataset", "Group", "Gold#", "Found#", "Recall#");
      for (Nested group : evaluation.nested()) {
        table.row(
            group.model(),
            group.dataset(),
            group.group(),
            Numbers.count(group.gold()),
            Numbers.count(group.found()),
            Numbers.ratio(group.recall()));
      }
      blocks.add(table.build());
    }

    private void examples(String kind, String caption, MarkStyle style) {
      Map<List<String>, List<Example>> groups =
          list(evaluation.examples()).stream()
              .filter(example -> kind.equals(example.kind()))
              .collect(
                  Collectors.groupingBy(
                      example -> List.of(or(example.model()), or(example.dataset())),
                      LinkedHashMap::new,
                      Collectors.toList()));
      groups.forEach(
          (of, examples) ->
              blocks.add(
                  new Excerpts(
                      "%s (%s%s)"
                          .formatted(
                              caption,
                              String.join(", ", of),
                              examples.size() > MAX_EXAMPLES
                                  ? String.format(
                                      Locale.ROOT, "; %d of %d", MAX_EXAMPLES, examples.size())
                                  : ""),
                      examples.stream()
                          .limit(MAX_EXAMPLES)
                          .map(example -> excerpt(example, style))
                          .toList())));
    }

    private static Excerpts.Excerpt excerpt(Example example, MarkStyle style) {
      List<String> about = new ArrayList<>(List.of(or(example.id())));
      if (example.type() != null) {
        about.add(example.type());
      }
      if (example.score() != null) {
        about.add("score " + Numbers.ratio(example.score()));
      }
      return new Excerpts.Excerpt(
          String.join(" · ", about),
          or(example.before()),
          or(example.text()),
          or(example.after()),
          style);
    }

    private static String or(String text) {
      return text == null ? "" : text;
    }
  }
}
