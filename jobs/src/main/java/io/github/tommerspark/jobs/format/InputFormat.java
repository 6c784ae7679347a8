package io.github.tommerspark.jobs.format;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Formats of input files. */
public enum InputFormat {
  /** JSON Lines: one object a line. */
  JSON("json", "jsonl", "ndjson"),
  /** Parquet. */
  PARQUET("parquet", "pq"),
  /** Comma-separated values with a header line. */
  CSV("csv"),
  /** Plain text: a line is a row. */
  TEXT("txt", "text"),
  /** ORC. */
  ORC("orc"),
  /** A table of a catalog, or of Iceberg or Delta; no format of files. */
  TABLE;

  private static final Set<String> COMPRESSIONS =
      Set.of("gz", "zst", "bz2", "snappy", "lz4", "deflate");

  private final Set<String> extensions;

  InputFormat(String... extensions) {
    this.extensions = Set.of(extensions);
  }

  /** Spark's name of it, which is also the one on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns whether a record of it can be malformed by itself, while others of its file are fine.
   */
  public boolean hasMalformedRecords() {
    return this == JSON || this == CSV;
  }

  /** The format of that label. */
  public static InputFormat parse(String label) {
    for (InputFormat format : values()) {
      if (format != TABLE && format.label().equals(label)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "Unknown input format \"%s\": use one of %s".formatted(label, labels()));
  }

  public static String labels() {
    return Arrays.stream(values())
        .filter(format -> format != TABLE)
        .map(InputFormat::label)
        .collect(Collectors.joining(", "));
  }

  /**
   * The format that a file's name tells, below an extension of compression.
   *
   * @param fileName such as {@code docs.jsonl.gz}
   */
  public static Optional<InputFormat> ofFileName(String fileName) {
    String[] parts = fileName.toLowerCase(Locale.ROOT).split("\\.");
    int last = parts.length - 1;
    if (last > 0 && COMPRESSIONS.contains(parts[last])) {
      last--;
    }
    if (last < 1) {
      return Optional.empty();
    }
    String extension = parts[last];
    return Arrays.stream(values()).filter(f -> f.extensions.contains(extension)).findFirst();
  }
}
