package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.gold.TypeMap;
import picocli.CommandLine.Option;

/** The options of every command that reads gold data: how to read it. */
public final class GoldOptions {

  @Option(
      names = "--gold-format",
      paramLabel = "FORMAT",
      description =
          "jsonl, conll, parquet, brat (.txt files with .ann files beside them) or label-studio (its export as JSON); by default what the file names say.")
  private String format;

  @Option(
      names = "--gold-column",
      paramLabel = "NAME",
      defaultValue = "entities",
      description =
          "Column of Parquet files with the gold mentions, an array of structs with start, end and possibly type (default: ${DEFAULT-VALUE}).")
  private String column;

  /**
   * Returns how gold data are read.
   *
   * @param types other names for the types of mentions
   * @throws IllegalArgumentException if there is no such format
   */
  public GoldReading reading(TypeMap types) {
    return new GoldReading(format == null ? null : GoldSource.parse(format), column, types);
  }

  /**
   * Returns the format of the files; null to go by their names.
   *
   * @throws IllegalArgumentException if there is no such format
   */
  public GoldSource format() {
    return format == null ? null : GoldSource.parse(format);
  }

  /** The column of Parquet files with the gold mentions. */
  public String column() {
    return column;
  }
}
