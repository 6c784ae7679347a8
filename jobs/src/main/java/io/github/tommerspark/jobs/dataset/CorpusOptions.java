package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.format.InputFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The source of texts.
 *
 * @param paths files, directories or globs on any file system that Hadoop knows, or one table
 * @param format of all of them; null to go by their names
 * @param options passed on to Spark's reader
 * @param textColumn the column to annotate; null if there need be none
 * @param idColumn the column that identifies a row; null if none was named
 */
public record CorpusOptions(
    List<String> paths,
    InputFormat format,
    Map<String, String> options,
    String textColumn,
    String idColumn) {

  public CorpusOptions {
    paths = List.copyOf(paths);
    options = Map.copyOf(new TreeMap<>(options));
  }

  /** These options with others of the reader, unless they are given. */
  CorpusOptions with(Map<String, String> others) {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(others);
    all.putAll(options);
    return new CorpusOptions(paths, format, all, textColumn, idColumn);
  }
}
