package io.github.tommerspark.train;

import java.io.Serializable;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A head of a sweep.
 *
 * @param layer the block whose output it reads, from 0
 * @param rank of its projections
 */
public record HeadSlot(int layer, int rank) implements Serializable {

  private static final Pattern LABEL = Pattern.compile("L\\d+_R\\d+");

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if the layer is negative or the rank not positive
   */
  public HeadSlot {
    if (layer < 0) {
      throw new IllegalArgumentException("--layers must not be negative, but has " + layer);
    }
    if (rank < 1) {
      throw new IllegalArgumentException("--ranks must be at least 1, but has " + rank);
    }
  }

  /** Its name in files and messages, such as {@code L3_R64}. */
  public String label() {
    return String.format(Locale.ROOT, "L%d_R%d", layer, rank);
  }

  /** Returns whether a name has the form of a {@link #label}. */
  public static boolean isLabel(String name) {
    return LABEL.matcher(name).matches();
  }
}
