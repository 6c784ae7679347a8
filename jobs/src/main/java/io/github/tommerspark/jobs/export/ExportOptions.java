package io.github.tommerspark.jobs.export;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.jobs.format.InputFormat;
import java.util.List;

/**
 * Options of the export job.
 *
 * @param inputs an annotated dataset: paths on any file systems that Hadoop knows, or a table
 * @param inputFormat of its files; null to go by their names
 * @param textColumn null for the one that the dataset's provenance names, else "text"
 * @param idColumn null for the one that the dataset's provenance names, else "id"
 * @param columns with mentions; empty for all that there are
 * @param format to write
 * @param output directory on any file system that Hadoop knows
 * @param overwrite whether to replace an earlier export there
 * @param threshold the score that a mention must have at least
 * @param decoder that leaves no overlaps, where the format cannot have them
 * @param noLabel the label of a mention without one
 * @param requireLabel whether to leave out mentions without a label
 * @param documents to sample at most; null for all
 * @param seed of the sample
 * @param files at most; null for one a partition of the input
 */
record ExportOptions(
    List<String> inputs,
    InputFormat inputFormat,
    String textColumn,
    String idColumn,
    List<String> columns,
    ExportFormat format,
    String output,
    boolean overwrite,
    double threshold,
    Decoder decoder,
    String noLabel,
    boolean requireLabel,
    Integer documents,
    long seed,
    Integer files) {

  ExportOptions {
    inputs = List.copyOf(inputs);
    columns = List.copyOf(columns);
  }
}
