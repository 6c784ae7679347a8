package io.github.tommerspark.jobs.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of the report job.
 *
 * @param inputs directories or files, outputs of other commands
 * @param output the HTML file to write
 * @param title of the page
 * @param shown the part of each dataset that is drawn
 * @param textColumn with the documents; null for what the dataset was annotated on
 * @param goldColumn with spans that count as right; null if there is none
 */
public record ReportOptions(
    List<String> inputs,
    String output,
    String title,
    Shown shown,
    @Nullable String textColumn,
    @Nullable String goldColumn) {

  /**
   * The part of a dataset that is drawn.
   *
   * @param documents at most
   * @param characters of each document, at most, in code points
   * @param threshold below which mentions are left out
   * @param seed of the choice of documents
   */
  public record Shown(int documents, int characters, double threshold, long seed) {}
}
