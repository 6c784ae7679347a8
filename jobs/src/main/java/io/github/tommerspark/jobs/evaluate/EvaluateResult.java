package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.results.EvaluationFile.AggregateRow;
import io.github.tommerspark.results.EvaluationFile.Curve;
import io.github.tommerspark.results.EvaluationFile.Model;
import io.github.tommerspark.results.EvaluationFile.Row;
import io.github.tommerspark.results.EvaluationFile.Typed;
import io.github.tommerspark.results.EvaluationFile.TypedClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * The result of an evaluate run.
 *
 * @param evaluation what was written
 * @param output where
 */
public record EvaluateResult(EvaluationFile evaluation, String output) {

  private static final String UNKNOWN = "-";

  private static final List<String> COLUMNS =
      List.of(
          "precision",
          "recall",
          "F1",
          "TP",
          "FP",
          "gold",
          "spans",
          "samples",
          "fraction",
          "best F1",
          "at");

  /** For people: a table per model. */
  public String summary() {
    StringJoiner lines = new StringJoiner("\n");
    for (Model model : evaluation.models()) {
      lines.add("%s, %s matching%s".formatted(model.name(), evaluation.matching(), how(model)));
      lines.add(table(model.name()));
      lines.add("");
      if (evaluation.typed().stream().anyMatch(row -> row.model().equals(model.name()))) {
        lines.add("%s, labels".formatted(model.name()));
        lines.add(typedTable(model.name()));
        lines.add("");
      }
    }
    evaluation.warnings().forEach(warning -> lines.add("  note: " + warning));
    lines.add("  written to %s".formatted(output));
    return lines.toString();
  }

  private static String how(Model model) {
    return (model.threshold() == null ? "" : ", threshold " + model.threshold())
        + (model.decoder() == null ? "" : ", decoder " + model.decoder());
  }

  private String table(String model) {
    List<List<String>> cells = new ArrayList<>();
    List<String> header = new ArrayList<>(List.of(""));
    header.addAll(COLUMNS);
    cells.add(header);
    for (Row row : evaluation.rows()) {
      if (row.model().equals(model)) {
        Curve curve = curve(model, row.dataset());
        cells.add(
            List.of(
                row.dataset(),
                share(row.precision()),
                share(row.recall()),
                share(row.f1()),
                count(row.truePos()),
                count(row.falsePos()),
                count(row.total()),
                count(row.totalSpans()),
                count(row.nSamples()),
                share(row.predictedFraction()),
                share(curve.bestF1()),
                curve.bestThreshold() == null ? UNKNOWN : curve.bestThreshold().toString()));
      }
    }
    for (AggregateRow row : evaluation.aggregates()) {
      if (row.model().equals(model)) {
        cells.add(
            List.of(
                row.name(),
                share(row.precision()),
                share(row.recall()),
                share(row.f1()),
                count(row.truePos()),
                count(row.falsePos()),
                count(row.total()),
                count(row.totalSpans()),
                count(row.nSamples()),
                share(row.predictedFraction()),
                "",
                ""));
      }
    }
    return aligned(cells);
  }

  /** Per data set all classes but the outside one, then each class. */
  private String typedTable(String model) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("", "precision", "recall", "F1", "TP", "FP", "gold", "detected"));
    for (Typed row : evaluation.typed()) {
      if (row.model().equals(model)) {
        cells.add(
            List.of(
                row.dataset(),
                share(row.precision()),
                share(row.recall()),
                share(row.f1()),
                count(row.truePos()),
                count(row.falsePos()),
                count(row.total()),
                share(row.detectorRecall())));
        for (TypedClass one : evaluation.classes()) {
          if (one.model().equals(model) && one.dataset().equals(row.dataset())) {
            cells.add(
                List.of(
                    "  " + one.type(),
                    share(one.precision()),
                    share(one.recall()),
                    share(one.f1()),
                    count(one.truePos()),
                    count(one.falsePos()),
                    count(one.total()),
                    ""));
          }
        }
      }
    }
    return aligned(cells);
  }

  private Curve curve(String model, String dataset) {
    return evaluation.curves().stream()
        .filter(curve -> curve.model().equals(model) && curve.dataset().equals(dataset))
        .findFirst()
        .orElseThrow();
  }

  /** Names to the left, numbers to the right. */
  private static String aligned(List<List<String>> cells) {
    int[] widths = new int[cells.get(0).size()];
    for (List<String> row : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringJoiner lines = new StringJoiner("\n");
    for (List<String> row : cells) {
      StringBuilder line = new StringBuilder("  ");
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? row.get(i) + blanks : "  " + blanks + row.get(i));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines.toString();
  }

  private static String share(Double value) {
    return value == null ? UNKNOWN : String.format(Locale.ROOT, "%.4f", value);
  }

  private static String count(Number value) {
    if (value == null) {
      return UNKNOWN;
    }
    return value instanceof Long
        ? String.format(Locale.ROOT, "%,d", value)
        : String.format(Locale.ROOT, "%,.1f", value.doubleValue());
  }
}
