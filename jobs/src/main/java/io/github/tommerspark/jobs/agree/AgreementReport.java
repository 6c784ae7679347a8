package io.github.tommerspark.jobs.agree;

import io.github.tommerspark.eval.AgreementTally;
import io.github.tommerspark.eval.LabelAgreement;
import io.github.tommerspark.eval.PairAgreement;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.results.AgreementFile;
import io.github.tommerspark.results.AgreementFile.ByLabel;
import io.github.tommerspark.results.AgreementFile.ByLength;
import io.github.tommerspark.results.AgreementFile.ByThreshold;
import io.github.tommerspark.results.AgreementFile.Dice;
import io.github.tommerspark.results.AgreementFile.Intervals;
import io.github.tommerspark.results.AgreementFile.Labels;
import io.github.tommerspark.results.AgreementFile.Macro;
import io.github.tommerspark.results.AgreementFile.Micro;
import io.github.tommerspark.results.AgreementFile.Model;
import io.github.tommerspark.results.AgreementFile.Relaxed;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** From tallies to {@code agreement.json}, and from that to what people read. */
final class AgreementReport {

  /** Pairs that fit on a screen one by one; beyond, a matrix is shown. */
  private static final int SHOWN_PAIRS = 15;

  private AgreementReport() {}

  /**
   * Puts a comparison into the form of its file.
   *
   * @param tally of all documents
   * @param models in its order, without their counts
   * @param options of the bootstrap
   * @param warnings to be passed on
   */
  static AgreementFile of(
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
    return new AgreementFile(
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
        options.bootstrap().replicates() == 0
            ? null
            : new Intervals(
                AgreementTally.LEVEL,
                options.bootstrap().replicates(),
                options.bootstrap().seed(),
                matrix(n, pairs, pair -> Objects.requireNonNull(pair.interval()).low()),
                matrix(n, pairs, pair -> Objects.requireNonNull(pair.interval()).high())),
        "words",
        List.copyOf(byLength),
        List.copyOf(byThreshold),
        labels(pairs, counted),
        List.copyOf(warnings));
  }

  private static @Nullable Labels labels(List<PairAgreement> pairs, List<Model> models) {
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
  static Map<String, double[][]> measures(AgreementFile file) {
    AgreementFile.Micro micro = file.micro();
    AgreementFile.Macro macro = file.macro();
    AgreementFile.Relaxed relaxed = file.relaxed();
    AgreementFile.Intervals intervals = file.intervals();
    Map<String, double[][]> measures = new LinkedHashMap<>();
    measures.put("dice", micro.dice());
    measures.put("dice_low", intervals == null ? null : intervals.diceLow());
    measures.put("dice_high", intervals == null ? null : intervals.diceHigh());
    measures.put("iou", micro.iou());
    measures.put("macro_dice", macro.dice());
    measures.put("macro_iou", macro.iou());
    measures.put("overlap_dice", relaxed.overlap().dice());
    measures.put("same_end_dice", relaxed.sameEnd().dice());
    measures.put(
        "same_last_word_dice",
        relaxed.sameLastWord() == null ? null : relaxed.sameLastWord().dice());
    return measures;
  }

  /** For people: the models, then the pairs one by one, or if there are many their DICE. */
  static String summary(AgreementFile file) {
    List<Model> models = file.models();
    List<String> warnings = file.warnings();
    StringJoiner lines = new StringJoiner("\n");
    int width = models.stream().mapToInt(model -> model.name().length()).max().orElse(0);
    lines.add(String.format(Locale.ROOT, "  %-19s %,d", "documents", file.documents()));
    for (Model model : models) {
      lines.add(
          String.format(
              Locale.ROOT, "  %-19s %,d of %s", "mentions", model.mentions(), model.name()));
    }
    int n = models.size();
    lines.add("");
    if (n * (n - 1) / 2 <= SHOWN_PAIRS) {
      pairLines(file, lines, width);
      labelLines(file, lines, width);
    } else {
      matrixLines(file, lines, width, "DICE", (a, b) -> file.micro().dice()[a][b]);
      AgreementFile.Labels labels = file.labels();
      if (labels != null) {
        lines.add("");
        matrixLines(file, lines, width, "kappa of labels", (a, b) -> labels.kappa()[a][b]);
      }
    }
    if (!warnings.isEmpty()) {
      lines.add("");
      warnings.forEach(warning -> lines.add("  Note: " + warning));
    }
    return lines.toString();
  }

  private static void pairLines(AgreementFile file, StringJoiner lines, int width) {
    List<Model> models = file.models();
    AgreementFile.Micro micro = file.micro();
    AgreementFile.Macro macro = file.macro();
    AgreementFile.Relaxed relaxed = file.relaxed();
    AgreementFile.Intervals intervals = file.intervals();
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
                micro.dice()[a][b],
                intervals == null
                    ? ""
                    : String.format(
                        Locale.ROOT,
                        "[%.3f, %.3f]",
                        intervals.diceLow()[a][b],
                        intervals.diceHigh()[a][b]),
                micro.iou()[a][b],
                macro.dice()[a][b],
                relaxed.overlap().dice()[a][b],
                relaxed.sameEnd().dice()[a][b],
                relaxed.sameLastWord() == null
                    ? "unknown"
                    : String.format(Locale.ROOT, "%.3f", relaxed.sameLastWord().dice()[a][b]),
                micro.intersection()[a][b]));
      }
    }
  }

  private static void labelLines(AgreementFile file, StringJoiner lines, int width) {
    AgreementFile.Labels labels = file.labels();
    if (labels == null) {
      return;
    }
    List<Model> models = file.models();
    String names = "  %-" + width + "s  %-" + width + "s  ";
    lines.add("");
    lines.add(
        (names + "%15s %12s %12s").formatted("A", "B", "kappa of labels", "same label", "both"));
    for (int a = 0; a < models.size(); a++) {
      for (int b = a + 1; b < models.size(); b++) {
        if (labels.kappa()[a][b] != null) {
          lines.add(
              String.format(
                  Locale.ROOT,
                  names + "%15.3f %,12d %,12d",
                  models.get(a).name(),
                  models.get(b).name(),
                  labels.kappa()[a][b],
                  labels.same()[a][b],
                  file.micro().intersection()[a][b]));
        }
      }
    }
  }

  private static void matrixLines(
      AgreementFile file,
      StringJoiner lines,
      int width,
      String measure,
      BiFunction<Integer, Integer, Double> cell) {
    List<Model> models = file.models();
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
