package io.github.tommerspark.jobs.output;

import io.github.tommerspark.jobs.format.OutputFormat;
import java.util.List;

/**
 * Options of the output.
 *
 * @param path directory on any file system that Hadoop knows, or {@code table:} and the name of a
 *     table
 * @param format of the files or the table; null for that of a table that is there
 * @param mode what to do when it is there already
 * @param column name of the mentions column, or its beginning when there are several models
 * @param select input columns to keep; null for all
 * @param dropText whether to leave out the text
 * @param sparkNlpColumn name of the column of mentions as Spark NLP annotations, or its beginning
 *     when there are several models; null for none
 * @param runId of the run, under which it is committed once however often it is started; null for
 *     none
 */
public record OutputOptions(
    String path,
    OutputFormat format,
    WriteMode mode,
    String column,
    List<String> select,
    boolean dropText,
    String sparkNlpColumn,
    String runId) {

  public OutputOptions {
    select = select == null ? null : List.copyOf(select);
  }

  /** Without an id. */
  public OutputOptions(
      String path,
      OutputFormat format,
      WriteMode mode,
      String column,
      List<String> select,
      boolean dropText,
      String sparkNlpColumn) {
    this(path, format, mode, column, select, dropText, sparkNlpColumn, null);
  }

  /** Without a column for Spark NLP and an id. */
  public OutputOptions(
      String path,
      OutputFormat format,
      WriteMode mode,
      String column,
      List<String> select,
      boolean dropText) {
    this(path, format, mode, column, select, dropText, null, null);
  }

  /** These options with an id of the run. */
  public OutputOptions withRunId(String id) {
    return new OutputOptions(path, format, mode, column, select, dropText, sparkNlpColumn, id);
  }

  /** These options with all columns, in that format. */
  public OutputOptions whole(OutputFormat of) {
    return new OutputOptions(path, of, mode, column, null, false, sparkNlpColumn, runId);
  }
}
