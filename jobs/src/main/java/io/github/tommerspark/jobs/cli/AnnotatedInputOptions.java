package io.github.tommerspark.jobs.cli;

import io.github.tommerspark.jobs.dataset.AnnotatedInput;
import io.github.tommerspark.jobs.format.InputFormat;
import java.util.List;
import picocli.CommandLine.Option;

/** Options by which commands read an annotated dataset. */
public final class AnnotatedInputOptions {

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description = "parquet, json or orc; by default what the file names say.")
  private String inputFormat;

  @Option(
      names = "--text-column",
      paramLabel = "NAME",
      description = "The column that was annotated (default: what the provenance says, else text).")
  private String textColumn;

  @Option(
      names = "--id-column",
      paramLabel = "NAME",
      description =
          "The column that identifies a row (default: what the provenance says, else id, else a hash of the text).")
  private String idColumn;

  /**
   * Returns the dataset that a user names.
   *
   * @param paths on any file systems that Hadoop knows, or one table
   * @param columns with mentions; empty for all that there are
   * @throws IllegalArgumentException if the format is none
   */
  public AnnotatedInput of(List<String> paths, List<String> columns) {
    return new AnnotatedInput(
        paths,
        inputFormat == null ? null : InputFormat.parse(inputFormat),
        textColumn,
        idColumn,
        columns);
  }
}
