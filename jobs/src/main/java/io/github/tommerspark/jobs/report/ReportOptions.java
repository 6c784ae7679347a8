package io.github.tommerspark.jobs.report;

import java.util.List;

/**
 * Options of the report job.
 *
 * @param inputs directories or files, outputs of other commands
 * @param output the HTML file to write
 * @param title of the page
 * @param documents to show of each dataset, at most
 * @param characters to show of each document, at most, in code points
 * @param threshold below which mentions are left out
 * @param seed of the choice of documents
 * @param textColumn with the documents; null for what the dataset was annotated on
 * @param goldColumn with spans that count as right; null if there is none
 */
public record ReportOptions(
    List<String> inputs,
    String output,
    String title,
    int documents,
    int characters,
    double threshold,
    long seed,
    String textColumn,
    String goldColumn) {}
