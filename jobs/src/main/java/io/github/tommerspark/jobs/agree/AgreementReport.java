package io.github.tommerspark.jobs.agree;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.tommerspark.eval.AgreementTally;
import io.github.tommerspark.eval.LabelAgreement;
import io.github.tommerspark.eval.PairAgreement;
import io.github.tommerspark.message.Version;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;

/**
 * The result of a comparison, as {@code agreement.json} has it. Matrices are n × n, symmetric, in
 * the order of the models.
 *
 * @param kind always {@code agreement}
 * @param product and its version
 * @param created ISO 8601 in UTC
 * @param documents that were compared
 * @param models that were compared
 * @param micro measures over all documents at once, upstream's {@code compare_inferences}
 * @param macro means over documents in which at least one of the two models found something
 * @param relaxed DICE where a mention need not match exactly
 * @param intervals confidence intervals of the micro DICE; null without a bootstrap
 * @param lengthUnit of {@code byLength}
 * @param byLength the comparison by length of mentions; empty if it is not known
 * @param byThreshold the comparison at thresholds of the score
 * @param labels agreement on the labels of common mentions; null if no two models gave labels to
 *     any
 * @param warnings what a reader of the numbers should know
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AgreementReport(
    String kind,
    String product,
    String created,
    long documents,
    List<Model> models,
    Micro micro,
    Macro macro,
    Relaxed relaxed,
    Intervals intervals,
    String lengthUnit,
    List<ByLength> byLength,
    List<ByThreshold> byThreshold,
    @JsonInclude Labels labels,
    List<String> warnings) {

  /** Pairs that fit on a screen one by one; beyond, a matrix is shown. */
  private static final int SHOWN_PAIRS = 15;

  public record Model(String name, long mentions, String column, String dataset) {}

  public record Micro(double[][] dice, double[][] iou, long[][] intersection) {}

  public record Macro(double[][] dice, double[][] iou, long[][] documents) {}

  public record Dice(double[][] dice) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Relaxed(Dice overlap, Dice sameEnd, Dice sameLastWord) {}

  public record Intervals(
      double level, int replicates, long seed, double[][] diceLow, double[][] diceHigh) {}

  public record ByLength(
      String length, String a, String b, double dice, long aCount, long bCount, long both) {}

  public record ByThreshold(
      double threshold, String a, String b, double dice, long aCount, long bCount, long both) {}

  /**
   * Agreement on labels.
   *
   * @param kappa Cohen's; null for two models of which one has no labels, or that have none in
   *     common mentions
   * @param same common mentions with the same label, or without one in both; null as kappa
   * @param byLabel each label against all others, for every pair of models that is not null
   */
  public record Labels(Double[][] kappa, Long[][] same, List<ByLabel> byLabel) {}

  public record ByLabel(
      String label, String a, String b, double kappa, long aCount, long bCount, long both) {}

  /**
   * Puts a comparison into this form.
   *
   * @param tally of all documents
   * @param models in its order, without their counts
   * @param options of the bootstrap
   * @param warnings to be passed on
   */
  static AgreementReport of(
      AgreementTally tally, List<Model> models, AgreeOptions options, List<String> warnings) {
    List<PairAgreement> pairs = tally.pairs();
    int n = tally.models();
    List<Model> counted = new ArrayList<>();
    long[][] intersection = new long[n][n];
    long[][] documents = new long[n][n];
    for (int m = 0; m < n; m++) {
      Model model = models.get(m);
      counted.add(new Model(model.name(), tally.mentions(m), model.column(), model.dataset()));
      intersection[m][m] = tally.mentions(m);
      documents[m][m] = tally.documentsWithMentions(m);
    }
    for (PairAgreement pair : pairs) {
      intersection[pair.a()][pair.b()] = pair.both();
      intersection[pair.b()][pair.a()] = pair.both();
      documents[pair.a()][pair.b()] = pair.macroDocuments();
      documents[pair.b()][pair.a()] = pair.macroDocuments();
    }
    List<ByLength> byLength = new ArrayList<>();
    tally
        .byLength()
        .forEach(
            (length, parts) -> {
              for (PairAgreement.Part p : parts) {
                byLength.add(
                    new ByLength(
                        length,
                        models.get(p.a()).name(),
                        models.get(p.b()).name(),
                        p.dice(),
                        p.aCount(),
                        p.bCount(),
                        p.both()));
              }
            });
    List<ByThreshold> byThreshold = new ArrayList<>();
    tally
        .byThreshold()
        .forEach(
            (threshold, parts) -> {
              for (PairAgreement.Part p : parts) {
                byThreshold.add(
                    new ByThreshold(
                        threshold,
                        models.get(p.a()).name(),
                        models.get(p.b()).name(),
                        p.dice(),
                        p.aCount(),
                        p.bCount(),
                        p.both()));
              }
            });
    return new AgreementReport(
        "agreement",
        "tommer-spark " + Version.number(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        tally.documents(),
        List.copyOf(counted),
        new Micro(
            matrix(n, pairs, PairAgreement::dice),
            matrix(n, pairs, PairAgreement::iou),
            intersection),
        new Macro(
            matrix(n, pairs, PairAgreement::macroDice),
            matrix(n, pairs, PairAgreement::macroIou),
            documents),
        new Relaxed(
            new Dice(matrix(n, pairs, PairAgreement::overlapDice)),
            new Dice(matrix(n, pairs, PairAgreement::sameEndDice)),
            tally.hasLastWords()
                ? new Dice(matrix(n, pairs, PairAgreement::sameLastWordDice))
                : null),
        options.replicates() == 0
            ? null
            : new Intervals(
                AgreementTally.LEVEL,
                options.replicates(),
                options.seed(),
                matrix(n, pairs, pair -> pair.interval().low()),
                matrix(n, pairs, pair -> pair.interval().high())),
        "words",
        List.copyOf(byLength),
        List.copyOf(byThreshold),
        labels(pairs, counted),
        List.copyOf(warnings));
  }

  private static Labels labels(List<PairAgreement> pairs, List<Model> models) {
    int n = models.size();
    Double[][] kappa = new Double[n][n];
    Long[][] same = new Long[n][n];
    List<ByLabel> byLabel = new ArrayList<>();
    for (PairAgreement pair : pairs) {
      LabelAgreement labels = pair.labels();
      if (labels == null) {
        continue;
      }
      int a = pair.a();
      int b = pair.b();
      for (int m : new int[] {a, b}) {
        kappa[m][m] = 1.0;
        same[m][m] = models.get(m).mentions();
      }
      kappa[a][b] = kappa[b][a] = labels.kappa();
      same[a][b] = same[b][a] = labels.same();
      for (LabelAgreement.ByLabel l : labels.byLabel()) {
        byLabel.add(
            new ByLabel(
                l.label(),
                models.get(a).name(),
                models.get(b).name(),
                l.kappa(),
                l.aCount(),
                l.bCount(),
                l.both()));
      }
    }
    return byLabel.isEmpty() ? null : new Labels(kappa, same, List.copyOf(byLabel));
  }

  /** Symmetric, with 1 on the diagonal, as upstream has it even for a model that found nothing. */
  private static double[][] matrix(
      int n, List<PairAgreement> pairs, ToDoubleFunction<PairAgreement> measure) {
    double[][] matrix = new double[n][n];
    for (int m = 0; m < n; m++) {
      matrix[m][m] = 1;
    }
    for (PairAgreement pair : pairs) {
      matrix[pair.a()][pair.b()] = measure.applyAsDouble(pair);
      matrix[pair.b()][pair.a()] = measure.applyAsDouble(pair);
    }
    return matrix;
  }

  /** The measures of a cell of the matrices by name, in order; null for one that is not known. */
  @JsonIgnore
  Map<String, double[][]> measures() {
    Map<String, double[][]> measures = new LinkedHashMap<>();
    measures.put("dice", micro.dice);
    measures.put("dice_low", intervals == null ? null : intervals.diceLow);
    measures.put("dice_high", intervals == null ? null : intervals.diceHigh);
    measures.put("iou", micro.iou);
    measures.put("macro_dice", macro.dice);
    measures.put("macro_iou", macro.iou);
    measures.put("overlap_dice", relaxed.overlap.dice);
    measures.put("same_end_dice", relaxed.sameEnd.dice);
    measures.put(
        "same_last_word_dice", relaxed.sameLastWord == null ? null : relaxed.sameLastWord.dice);
    return measures;
  }

  /** For people: the models, then the pairs one by one, or if there are many their DICE. */
  String summary() {
    StringJoiner lines = new StringJoiner("\n");
    int width = models.stream().mapToInt(model -> model.name().length()).max().orElse(0);
    lines.add(String.format(Locale.ROOT, "  %-19s %,d", "documents", documents));
    for (Model model : models) {
      lines.add(
          String.format(
              Locale.ROOT, "  %-19s %,d of %s", "mentions", model.mentions(), model.name()));
    }
    int n = models.size();
    lines.add("");
    if (n * (n - 1) / 2 <= SHOWN_PAIRS) {
      pairLines(lines, width);
      labelLines(lines, width);
    } else {
      matrixLines(lines, width, "DICE", (a, b) -> micro.dice[a][b]);
      if (labels != null) {
        lines.add("");
        matrixLines(lines, width, "kappa of labels", (a, b) -> labels.kappa[a][b]);
      }
    }
    if (!warnings.isEmpty()) {
      lines.add("");
      warnings.forEach(warning -> lines.add("  Note: " + warning));
    }
    return lines.toString();
  }

  private void pairLines(StringJoiner lines, int width) {
    String names = "  %-" + width + "s  %-" + width + "s  ";
    lines.add(
        (names + "%6s  %-15s %6s %6s %8s %9s %10s %12s")
            .formatted(
                "A",
                "B",
                "DICE",
                intervals == null ? "" : "95% interval",
                "IoU",
                "macro",
                "overlap",
                "same end",
                "last word",
                "both"));
    for (int a = 0; a < models.size(); a++) {
      for (int b = a + 1; b < models.size(); b++) {
        lines.add(
            String.format(
                Locale.ROOT,
                names + "%6.3f  %-15s %6.3f %6.3f %8.3f %9.3f %10s %,12d",
                models.get(a).name(),
                models.get(b).name(),
                micro.dice[a][b],
                intervals == null
                    ? ""
                    : String.format(
                        Locale.ROOT,
                        "[%.3f, %.3f]",
                        intervals.diceLow[a][b],
                        intervals.diceHigh[a][b]),
                micro.iou[a][b],
                macro.dice[a][b],
                relaxed.overlap.dice[a][b],
                relaxed.sameEnd.dice[a][b],
                relaxed.sameLastWord == null
                    ? "unknown"
                    : String.format(Locale.ROOT, "%.3f", relaxed.sameLastWord.dice[a][b]),
                micro.intersection[a][b]));
      }
    }
  }

  private void labelLines(StringJoiner lines, int width) {
    if (labels == null) {
      return;
    }
    String names = "  %-" + width + "s  %-" + width + "s  ";
    lines.add("");
    lines.add(
        (names + "%15s %12s %12s").formatted("A", "B", "kappa of labels", "same label", "both"));
    for (int a = 0; a < models.size(); a++) {
      for (int b = a + 1; b < models.size(); b++) {
        if (labels.kappa[a][b] != null) {
          lines.add(
              String.format(
                  Locale.ROOT,
                  names + "%15.3f %,12d %,12d",
                  models.get(a).name(),
                  models.get(b).name(),
                  labels.kappa[a][b],
                  labels.same[a][b],
                  micro.intersection[a][b]));
        }
      }
    }
  }

  private void matrixLines(
      StringJoiner lines, int width, String measure, BiFunction<Integer, Integer, Double> cell) {
    lines.add(String.format(Locale.ROOT, "  %-" + width + "s  %s", "", measure));
    for (int a = 0; a < models.size(); a++) {
      StringBuilder line = new StringBuilder();
      line.append(("  %-" + width + "s ").formatted(models.get(a).name()));
      for (int b = 0; b < models.size(); b++) {
        Double value = cell.apply(a, b);
        line.append(value == null ? "     –" : String.format(Locale.ROOT, " %.3f", value));
      }
      lines.add(line.toString());
    }
  }
}
