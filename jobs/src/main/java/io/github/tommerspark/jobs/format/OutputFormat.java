package io.github.tommerspark.jobs.format;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Formats of data files. */
public enum OutputFormat {
  /** Parquet. */
  PARQUET,
  /** JSON Lines. */
  JSON,
  /** ORC. */
  ORC,
  /** A table of Apache Iceberg. */
  ICEBERG,
  /** A table of Delta Lake. */
  DELTA;

  /** Returns whether it is a format of tables, not of files. */
  public boolean isTable() {
    return this == ICEBERG || this == DELTA;
  }

  /** Spark's name of it, which is also the one on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The format of that label. */
  public static OutputFormat parse(String label) {
    for (OutputFormat format : values()) {
      if (format.label().equals(label)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "Unknown output format \"%s\": use one of %s"
            .formatted(
                label,
                Arrays.stream(values())
                    .map(OutputFormat::label)
                    .collect(Collectors.joining(", "))));
  }
}
