package io.github.tommerspark.train;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The course of the learning rate over a phase. */
public enum Schedule {
  /** Halved when the loss no longer falls, as the published code does. */
  PLATEAU,
  /** Rising over the first tenth of the steps, then falling to 0 along half a cosine. */
  ONE_CYCLE;

  /** The share of steps in which the rate rises. */
  private static final double WARM_UP = 0.1;

  /** The first rate, as a share of the highest. */
  private static final double BEGIN = 0.04;

  /** The name in options. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the schedule of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Schedule parse(String label) {
    return Arrays.stream(values())
        .filter(schedule -> schedule.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Unknown --schedule %s: use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(Schedule::label)
                                .collect(Collectors.joining(", ")))));
  }

  /**
   * Returns the rate of a step of one cycle.
   *
   * @param highest rate
   * @param done steps of the cycle before this one
   * @param all steps of the cycle
   */
  static double oneCycle(double highest, long done, long all) {
    double warm = Math.max(1, WARM_UP * all);
    if (done < warm) {
      return highest * (BEGIN + (1 - BEGIN) * done / warm);
    }
    double share = Math.min(1, (done - warm) / Math.max(1, all - warm));
    return highest * 0.5 * (1 + Math.cos(Math.PI * share));
  }
}
