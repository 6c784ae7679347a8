package io.github.tommerspark.report;

import static io.github.tommerspark.results.ResultJson.list;

import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.results.AgreementFile.ByLength;
import io.github.tommerspark.results.AgreementFile.ByThreshold;
import io.github.tommerspark.results.AgreementFile.Dice;
import io.github.tommerspark.results.AgreementFile.Intervals;
import io.github.tommerspark.results.AgreementFile.Model;
import io.github.tommerspark.results.AgreementFile.Part;
import io.github.tommerspark.results.AgreementFile.Relaxed;
import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The findings of {@code agree}, as a section. */
final class AgreementSection {

  /** Models of a heat map at most. */
  private static final int MAX_MODELS = 30;

  private AgreementSection() {}

  /**
   * Reads the file.
   *
   * @param json its content
   * @param file its name, for messages and as the source
   * @throws IOException if it is not such a file; the message is one line
   */
  static Section read(byte[] json, String file) throws IOException {
    AgreementFile agreement = ResultJson.read(json, file, AgreementFile.class);
    if (agreement.micro() == null || agreement.micro().dice() == null) {
      throw new IOException("Cannot read %s: field \"micro.dice\" is missing".formatted(file));
    }
    return new Section("Agreement of models", new Blocks(agreement, file).all());
  }

  /** The blocks of one file. */
  private static final class Blocks {
    private final AgreementFile agreement;
    private final String file;
    private final List<String> names;
    private final List<Block> blocks = new ArrayList<>();

    Blocks(AgreementFile agreement, String file) {
      this.agreement = agreement;
      this.file = file;
      this.names = list(agreement.models()).stream().map(Model::name).toList();
    }

    List<Block> all() throws IOException {
      checkMatrices();
      blocks.add(
          Facts.of(
              "Source",
              file,
              "Made by",
              agreement.product(),
              "Made at",
              agreement.created(),
              "Documents",
              Numbers.count(agreement.documents())));
      list(agreement.warnings()).forEach(warning -> blocks.add(new Paragraph("⚠ " + warning)));
      Table.Builder models = Table.of("Models", "Model", "Dataset", "Column", "Mentions#");
      for (Model model : list(agreement.models())) {
        models.row(model.name(), model.dataset(), model.column(), Numbers.count(model.mentions()));
      }
      blocks.add(models.build());
      heatMap("DICE of mentions over the whole corpus (micro)", agreement.micro().dice(), true);
      if (agreement.macro() != null) {
        heatMap("DICE, mean over documents (macro)", agreement.macro().dice(), false);
      }
      heatMap("IoU of mentions over the whole corpus (micro)", agreement.micro().iou(), false);
      Relaxed relaxed = agreement.relaxed();
      if (relaxed != null) {
        relaxed("a character in common", relaxed.overlap());
        relaxed("the same end", relaxed.sameEnd());
        relaxed("the same last word", relaxed.sameLastWord());
      }
      pairs();
      labels();
      lengths();
      thresholds();
      return blocks;
    }

    private void relaxed(String enough, @Nullable Dice dice) {
      if (dice != null) {
        heatMap("DICE where it is enough to have " + enough, dice.dice(), false);
      }
    }

    private void heatMap(String caption, double[][] matrix, boolean explained) {
      if (matrix == null) {
        return;
      }
      int size = Math.min(names.size(), MAX_MODELS);
      double[][] values = new double[size][size];
      String[][] details = new String[size][size];
      for (int a = 0; a < size; a++) {
        for (int b = 0; b < size; b++) {
          values[a][b] = matrix[a][b];
          details[a][b] = explained ? explained(a, b) : "";
        }
      }
      List<String> shown = names.subList(0, size);
      blocks.add(new HeatMap(caption, "", "", shown, shown, values, details, true));
      if (size < names.size()) {
        blocks.add(
            new Paragraph(
                String.format(
                    Locale.ROOT,
                    "Of %d models the first %d are drawn; the file has all.",
                    names.size(),
                    size)));
      }
    }

    private void checkMatrices() throws IOException {
      AgreementFile.Micro micro = agreement.micro();
      check("micro.dice", micro.dice());
      check("micro.iou", micro.iou());
      checkShape("micro.intersection", micro.intersection(), row -> row.length);
      if (agreement.macro() != null) {
        check("macro.dice", agreement.macro().dice());
        check("macro.iou", agreement.macro().iou());
      }
      if (agreement.relaxed() != null) {
        check("relaxed.overlap", agreement.relaxed().overlap());
        check("relaxed.same_end", agreement.relaxed().sameEnd());
        check("relaxed.same_last_word", agreement.relaxed().sameLastWord());
      }
      if (agreement.intervals() != null) {
        check("intervals.dice_low", agreement.intervals().diceLow());
        check("intervals.dice_high", agreement.intervals().diceHigh());
      }
      if (agreement.labels() != null) {
        checkShape("labels.kappa", agreement.labels().kappa(), row -> row.length);
        checkShape("labels.same", agreement.labels().same(), row -> row.length);
      }
    }

    private void check(String field, @Nullable Dice dice) throws IOException {
      if (dice != null) {
        check(field + ".dice", dice.dice());
      }
    }

    private void check(String field, double[][] matrix) throws IOException {
      checkShape(field, matrix, row -> row.length);
    }

    private <T> void checkShape(String field, T @Nullable [] matrix, ToIntFunction<T> length)
        throws IOException {
      int size = names.size();
      if (matrix != null
          && (matrix.length != size
              || Arrays.stream(matrix)
                  .anyMatch(row -> row == null || length.applyAsInt(row) != size))) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "Cannot read %s: field \"%s\" is not %d × %d, a row and a column for each model",
                file,
                field,
                size,
                size));
      }
    }

    private String explained(int a, int b) {
      String both =
          agreement.micro().intersection() == null
              ? ""
              : "%s mentions in common"
                  .formatted(Numbers.count(agreement.micro().intersection()[a][b]));
      String interval = interval(a, b);
      return interval.isEmpty() ? both : (both + "\n" + interval).strip();
    }

    private String interval(int a, int b) {
      Intervals intervals = intervals();
      return intervals == null
          ? ""
          : "%s to %s (%s%% interval)"
              .formatted(
                  Numbers.ratio(intervals.diceLow()[a][b]),
                  Numbers.ratio(intervals.diceHigh()[a][b]),
                  level(intervals));
    }

    /** The intervals; null if there are none, or the file has them in part only. */
    private @Nullable Intervals intervals() {
      Intervals intervals = agreement.intervals();
      return intervals != null
              && intervals.level() != null
              && intervals.diceLow() != null
              && intervals.diceHigh() != null
          ? intervals
          : null;
    }

    private static String level(Intervals intervals) {
      return Numbers.fixed(100 * intervals.level(), 0);
    }

    private void pairs() {
      Intervals intervals = intervals();
      Table.Builder table =
          Table.of(
              intervals != null
                  ? String.format(
                      Locale.ROOT,
                      "Pairs of models; intervals at %s%% from %s bootstrap replicates over documents",
                      level(intervals),
                      Numbers.count(intervals.replicates()))
                  : "Pairs of models",
              "A",
              "B",
              "Common#",
              "DICE#",
              "from#",
              "to#",
              "DICE macro#",
              "IoU#");
      for (int a = 0; a < names.size(); a++) {
        for (int b = a + 1; b < names.size(); b++) {
          table.row(
              names.get(a),
              names.get(b),
              Numbers.count(
                  agreement.micro().intersection() == null
                      ? null
                      : agreement.micro().intersection()[a][b]),
              Numbers.ratio(at(agreement.micro().dice(), a, b)),
              Numbers.ratio(intervals == null ? null : at(intervals.diceLow(), a, b)),
              Numbers.ratio(intervals == null ? null : at(intervals.diceHigh(), a, b)),
              Numbers.ratio(agreement.macro() == null ? null : at(agreement.macro().dice(), a, b)),
              Numbers.ratio(at(agreement.micro().iou(), a, b)));
        }
      }
      blocks.add(table.build());
    }

    private static @Nullable Double at(double @Nullable [][] matrix, int a, int b) {
      return matrix == null ? null : matrix[a][b];
    }

    private void labels() {
      AgreementFile.Labels labels = agreement.labels();
      if (labels == null) {
        return;
      }
      Table.Builder table =
          Table.of(
              "Labels of common mentions (Cohen's κ; 1: the same, 0: as by chance)",
              "A",
              "B",
              "κ#",
              "Same label#",
              "Common#");
      for (int a = 0; a < names.size(); a++) {
        for (int b = a + 1; b < names.size(); b++) {
          if (labels.kappa()[a][b] != null) {
            table.row(
                names.get(a),
                names.get(b),
                Numbers.ratio(labels.kappa()[a][b]),
                Numbers.count(labels.same()[a][b]),
                Numbers.count(agreement.micro().intersection()[a][b]));
          }
        }
      }
      blocks.add(table.build());
      Table.Builder byLabel =
          Table.of(
              "By label, each against all others",
              "Label",
              "A",
              "B",
              "κ#",
              "By A#",
              "By B#",
              "By both#");
      for (AgreementFile.ByLabel label : list(labels.byLabel())) {
        byLabel.row(
            label.label() == null ? "no label" : label.label(),
            label.a(),
            label.b(),
            Numbers.ratio(label.kappa()),
            Numbers.count(label.aCount()),
            Numbers.count(label.bCount()),
            Numbers.count(label.both()));
      }
      blocks.add(byLabel.build());
    }

    private void lengths() {
      List<ByLength> pairs = list(agreement.byLength());
      if (pairs.isEmpty()) {
        return;
      }
      List<String> lengths = pairs.stream().map(ByLength::length).distinct().toList();
      blocks.add(
          new LineChart(
              "DICE by length of the mention",
              agreement.lengthUnit() == null ? "Length" : "Length in " + agreement.lengthUnit(),
              "DICE",
              lengths,
              series(pairs, pair -> (double) lengths.indexOf(pair.length()), ByLength::length)));
      Table.Builder table =
          Table.of("By length", "Length", "A", "B", "DICE#", "Of A#", "Of B#", "Common#");
      pairs.forEach(pair -> table.row(cells(pair.length(), pair)));
      blocks.add(table.build());
    }

    private void thresholds() {
      List<ByThreshold> pairs = list(agreement.byThreshold());
      if (pairs.isEmpty()) {
        return;
      }
      // Side by side, not to scale: thresholds worth comparing often crowd below 1.
      List<String> thresholds =
          pairs.stream()
              .map(ByThreshold::threshold)
              .filter(Objects::nonNull)
              .sorted()
              .distinct()
              .map(String::valueOf)
              .toList();
      blocks.add(
          new LineChart(
              "DICE by score threshold",
              "Threshold",
              "DICE",
              thresholds,
              series(
                  pairs,
                  pair -> (double) thresholds.indexOf(String.valueOf(pair.threshold())),
                  pair -> "threshold " + pair.threshold())));
      Table.Builder table =
          Table.of("By threshold", "Threshold", "A", "B", "DICE#", "Of A#", "Of B#", "Common#");
      pairs.forEach(pair -> table.row(cells(String.valueOf(pair.threshold()), pair)));
      blocks.add(table.build());
    }

    private static String[] cells(String at, Part pair) {
      return new String[] {
        at,
        pair.a(),
        pair.b(),
        Numbers.ratio(pair.dice()),
        Numbers.count(pair.aCount()),
        Numbers.count(pair.bCount()),
        Numbers.count(pair.both())
      };
    }

    private static <P extends Part> List<LineChart.Series> series(
        List<P> pairs, ToDoubleFunction<P> x, Function<P, String> at) {
      Map<String, List<LineChart.Point>> points = new LinkedHashMap<>();
      for (P pair : pairs) {
        if (pair.dice() != null && x.applyAsDouble(pair) >= 0) {
          points
              .computeIfAbsent(pair.a() + " × " + pair.b(), name -> new ArrayList<>())
              .add(
                  new LineChart.Point(
                      x.applyAsDouble(pair),
                      pair.dice(),
                      "%s at %s".formatted(Numbers.ratio(pair.dice()), at.apply(pair)),
                      false));
        }
      }
      return points.entrySet().stream()
          .map(entry -> new LineChart.Series(entry.getKey(), entry.getValue()))
          .toList();
    }
  }
}
