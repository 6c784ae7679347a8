package io.github.tommerspark.report;

import static io.github.tommerspark.results.ResultJson.list;

import io.github.tommerspark.results.EvaluationFile.Curve;
import io.github.tommerspark.results.EvaluationFile.Point;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Curves of precision, recall and F1 over thresholds. */
final class CurveCharts {

  private CurveCharts() {}

  /**
   * Draws curves by data set, then the best of each as a table.
   *
   * @return nothing if no curve has a point
   */
  static List<Block> of(List<Curve> all) {
    List<Block> blocks = new ArrayList<>();
    List<Curve> curves = all.stream().filter(curve -> !list(curve.points()).isEmpty()).toList();
    if (curves.isEmpty()) {
      return blocks;
    }
    Map<String, List<Curve>> byDataset =
        curves.stream()
            .collect(
                Collectors.groupingBy(Curve::dataset, LinkedHashMap::new, Collectors.toList()));
    byDataset.forEach(
        (dataset, ofDataset) -> {
          blocks.add(precisionRecall(dataset, ofDataset));
          blocks.add(f1(dataset, ofDataset));
        });
    Table.Builder best =
        Table.of("Thresholds of the best F1", "Model", "Dataset", "Threshold#", "F1#");
    curves.forEach(
        curve ->
            best.row(
                curve.model(),
                curve.dataset(),
                Numbers.ratio(curve.bestThreshold()),
                Numbers.ratio(curve.bestF1())));
    blocks.add(best.build());
    return blocks;
  }

  private static LineChart precisionRecall(String dataset, List<Curve> curves) {
    return new LineChart(
        "Precision and recall, %s (large dots: best F1)".formatted(dataset),
        "Recall",
        "Precision",
        List.of(),
        series(curves, Point::recall, Point::precision));
  }

  private static LineChart f1(String dataset, List<Curve> curves) {
    return new LineChart(
        "F1 by score threshold, " + dataset,
        "Threshold",
        "F1",
        List.of(),
        series(curves, Point::threshold, Point::f1));
  }

  /** A line for each curve, of its points in the order of their thresholds. */
  private static List<LineChart.Series> series(
      List<Curve> curves, ToDoubleFunction<Point> x, ToDoubleFunction<Point> y) {
    return curves.stream()
        .map(
            curve ->
                new LineChart.Series(
                    curve.model(),
                    curve.points().stream()
                        .filter(CurveCharts::isComplete)
                        .sorted(Comparator.comparing(Point::threshold))
                        .map(
                            point ->
                                new LineChart.Point(
                                    x.applyAsDouble(point),
                                    y.applyAsDouble(point),
                                    title(point),
                                    best(curve, point)))
                        .toList()))
        .toList();
  }

  private static boolean isComplete(Point point) {
    return point.threshold() != null
        && point.precision() != null
        && point.recall() != null
        && point.f1() != null;
  }

  private static boolean best(Curve curve, Point point) {
    return point.threshold().equals(curve.bestThreshold());
  }

  private static String title(Point point) {
    return "threshold %s, precision %s, recall %s, F1 %s"
        .formatted(
            Numbers.ratio(point.threshold()),
            Numbers.ratio(point.precision()),
            Numbers.ratio(point.recall()),
            Numbers.ratio(point.f1()));
  }
}
