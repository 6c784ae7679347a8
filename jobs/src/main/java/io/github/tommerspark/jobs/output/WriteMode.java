package io.github.tommerspark.jobs.output;

import java.util.Locale;

/** The treatment of an output that is already there. */
public enum WriteMode {
  /** Refuse to run. */
  ERROR,
  /** Replace it. */
  OVERWRITE,
  /** Add to it, if it was made by the same models in the same way. */
  APPEND;

  /** The name used on the command line. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The mode of that label. */
  public static WriteMode parse(String label) {
    for (WriteMode mode : values()) {
      if (mode.label().equals(label)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "Unknown mode \"%s\": use one of error, overwrite, append".formatted(label));
  }
}
