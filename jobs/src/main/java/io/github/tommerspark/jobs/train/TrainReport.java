package io.github.tommerspark.jobs.train;

import io.github.tommerspark.eval.CurvePoint;
import io.github.tommerspark.eval.SpanScores;
import io.github.tommerspark.head.HeadThresholds;
import io.github.tommerspark.message.Version;
import io.github.tommerspark.report.LineChart;
import io.github.tommerspark.train.DevCurve;
import io.github.tommerspark.train.EpochScores;
import io.github.tommerspark.train.TrainedHead;
import io.github.tommerspark.train.TrainingOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The results of training, head by head, for files and for people. */
final class TrainReport {

  private TrainReport() {}

  /**
   * Returns the content of a head's training.json.
   *
   * @param finished when training ended
   * @param train the data that it learnt from
   * @param dev the data that its epoch and thresholds were chosen by
   */
  static TrainingFile of(
      TrainedHead head,
      TrainIdentity identity,
      String finished,
      TrainingFile.Data train,
      TrainingFile.Data dev,
      TrainingOptions options) {
    HeadThresholds thresholds = head.head().config().additions().thresholds();
    return new TrainingFile(
        TrainingFile.KIND,
        "tommer-spark " + Version.number(),
        finished,
        identity.backbone(),
        train,
        dev,
        options,
        head.slot().layer(),
        head.slot().rank(),
        head.head().parameterCount(),
        thresholds.recommended().orElseThrow(),
        boxed(thresholds.recall()),
        boxed(thresholds.precision()),
        head.reliability(),
        head.best(),
        head.history(),
        head.curve().points().stream().map(TrainReport::point).toList());
  }

  private static TrainingFile.Point point(CurvePoint point) {
    SpanScores scores = point.scores();
    return new TrainingFile.Point(
        point.threshold(),
        scores.precision(),
        scores.recall(),
        scores.f1(),
        scores.truePositives(),
        scores.falsePositives(),
        scores.gold());
  }

  /** Dev scores and the loss, relative to that of the phase's first epoch, over the epochs. */
  static LineChart chart(TrainedHead head) {
    List<EpochScores> history = head.history();
    List<LineChart.Point> precision = new ArrayList<>();
    List<LineChart.Point> recall = new ArrayList<>();
    List<LineChart.Point> best = new ArrayList<>();
    List<LineChart.Point> loss = new ArrayList<>();
    double first = 0;
    for (int i = 0; i < history.size(); i++) {
      EpochScores scores = history.get(i);
      first = scores.epoch() == 0 ? scores.loss() : first;
      boolean kept = scores.equals(head.best());
      precision.add(point(i, scores.precision(), kept));
      recall.add(point(i, scores.recall(), kept));
      best.add(point(i, scores.bestF1(), kept));
      loss.add(point(i, first == 0 ? 0 : Math.min(1, scores.loss() / first), kept));
    }
    return new LineChart(
        "Head %s, large marks at the epoch that was kept".formatted(head.slot().label()),
        "phase.epoch",
        "",
        history.stream()
            .map(s -> String.format(Locale.ROOT, "%d.%d", s.phase() + 1, s.epoch() + 1))
            .toList(),
        List.of(
            new LineChart.Series("best F1 over thresholds (dev)", best),
            new LineChart.Series("precision at 0.5 (dev)", precision),
            new LineChart.Series("recall at 0.5 (dev)", recall),
            new LineChart.Series("training loss, relative to the phase's first epoch", loss)));
  }

  private static LineChart.Point point(int at, double value, boolean kept) {
    return new LineChart.Point(at, value, String.format(Locale.ROOT, "%.4f", value), kept);
  }

  /** The content of sweep.csv: a line per head. */
  static String csv(List<TrainedHead> heads) {
    StringBuilder csv =
        new StringBuilder(
            "layer,rank,precision,recall,f1,best_f1,best_threshold,recall_threshold,precision_threshold,calibration_error,parameters,phase,epoch\n");
    for (TrainedHead head : heads) {
      SpanScores published = head.curve().published().scores();
      CurvePoint best = head.curve().best();
      HeadThresholds thresholds = head.head().config().additions().thresholds();
      csv.append(
          String.format(
              Locale.ROOT,
              "%d,%d,%s,%s,%s,%s,%s,%s,%s,%s,%d,%d,%d%n",
              head.slot().layer(),
              head.slot().rank(),
              published.precision(),
              published.recall(),
              published.f1(),
              best.scores().f1(),
              best.threshold(),
              cell(thresholds.recall()),
              cell(thresholds.precision()),
              head.reliability().error(),
              head.head().parameterCount(),
              head.best().phase() + 1,
              head.best().epoch() + 1));
    }
    return csv.toString();
  }

  private static Double boxed(OptionalDouble value) {
    return value.isPresent() ? (Double) value.getAsDouble() : null;
  }

  private static String cell(OptionalDouble value) {
    return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
  }

  /** The heads and the best of them, for people. */
  static String summary(List<TrainedHead> heads, TrainOutput output) {
    StringBuilder text = new StringBuilder();
    text.append(
        "head        dev P     R    F1 at %s   best F1  at threshold  calibration error  parameters  kept%n"
            .formatted(DevCurve.PUBLISHED_THRESHOLD));
    for (TrainedHead head : heads) {
      SpanScores published = head.curve().published().scores();
      CurvePoint best = head.curve().best();
      text.append(
          String.format(
              Locale.ROOT,
              "%-10s  %.3f  %.3f  %.3f        %.3f        %6s              %.3f  %,10d  %d.%d%n",
              head.slot().label(),
              published.precision(),
              published.recall(),
              published.f1(),
              best.scores().f1(),
              best.threshold(),
              head.reliability().error(),
              head.head().parameterCount(),
              head.best().phase() + 1,
              head.best().epoch() + 1));
    }
    TrainedHead top =
        heads.stream()
            .max(Comparator.comparingDouble(head -> head.curve().best().scores().f1()))
            .orElseThrow();
    text.append(
        "Best: --head %s/%s --threshold recommended (%s)"
            .formatted(output, top.slot().label(), top.curve().best().threshold()));
    return text.toString();
  }
}
