package io.github.tommerspark.eval;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The thresholds of a precision–recall curve: hundredths, and finer ones near 1, where the scores
 * of heads trained for recall crowd.
 */
public final class ThresholdGrid {

  /** The lowest threshold; candidates below it are not kept. */
  public static final double FLOOR = 0.01;

  private ThresholdGrid() {}

  /**
   * The thresholds for a model.
   *
   * @param own the model's threshold, which is one of them
   * @param lowest none is below
   * @return rising, without repetition
   */
  public static double[] of(double own, double lowest) {
    IntStream tenThousandths =
        IntStream.concat(
            IntStream.rangeClosed(1, 99).map(i -> 100 * i),
            IntStream.concat(
                IntStream.rangeClosed(991, 999).map(i -> 10 * i),
                IntStream.rangeClosed(9991, 9999)));
    return DoubleStream.concat(tenThousandths.mapToDouble(i -> i / 10_000.0), DoubleStream.of(own))
        .filter(threshold -> threshold >= lowest)
        .sorted()
        .distinct()
        .toArray();
  }
}
