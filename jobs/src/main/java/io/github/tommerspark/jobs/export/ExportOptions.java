package io.github.tommerspark.jobs.export;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.jobs.dataset.AnnotatedInput;
import io.github.tommerspark.jobs.dataset.DocumentSample;
import io.github.tommerspark.jobs.output.ResultPlace;
import org.jspecify.annotations.Nullable;

/**
 * Options of the export job.
 *
 * @param input the dataset
 * @param sample the documents of it
 * @param format to write
 * @param output where to
 * @param threshold the score that a mention must have at least
 * @param decoder that leaves no overlaps, where the format cannot have them
 * @param unlabelled mentions without a label
 * @param files at most; null for one a partition of the input
 */
record ExportOptions(
    AnnotatedInput input,
    DocumentSample sample,
    ExportFormat format,
    ResultPlace output,
    double threshold,
    Decoder decoder,
    Unlabelled unlabelled,
    @Nullable Integer files) {

  /**
   * The treatment of mentions without a label.
   *
   * @param label that they get
   * @param leftOut whether they are left out instead
   */
  record Unlabelled(String label, boolean leftOut) {}
}
