package io.github.tommerspark.jobs.dataset;

import java.util.List;

/**
 * Where and what to write.
 *
 * @param path directory on any file system that Hadoop knows
 * @param format of the files
 * @param mode what to do when it is there already
 * @param column name of the mentions column, or its beginning when there are several models
 * @param select input columns to keep; null for all
 * @param dropText whether to leave out the text
 * @param sparkNlpColumn name of the column of mentions as Spark NLP annotations, or its beginning
 *     when there are several models; null for none
 */
public record OutputOptions(
    String path,
    OutputFormat format,
    WriteMode mode,
    String column,
    List<String> select,
    boolean dropText,
    String sparkNlpColumn) {

  public OutputOptions {
    select = select == null ? null : List.copyOf(select);
  }

  /** Without a column for Spark NLP. */
  public OutputOptions(
      String path,
      OutputFormat format,
      WriteMode mode,
      String column,
      List<String> select,
      boolean dropText) {
    this(path, format, mode, column, select, dropText, null);
  }
}
