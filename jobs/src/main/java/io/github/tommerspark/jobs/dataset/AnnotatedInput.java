package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.format.InputFormat;
import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * An annotated dataset as a user names it.
 *
 * @param paths on any file systems that Hadoop knows, or one table
 * @param format of its files; null to go by their names
 * @param textColumn null for the one that the dataset's provenance names, else "text"
 * @param idColumn null for the one that the dataset's provenance names, else "id"
 * @param columns with mentions; empty for all that there are
 */
public record AnnotatedInput(
    List<String> paths,
    @Nullable InputFormat format,
    @Nullable String textColumn,
    @Nullable String idColumn,
    List<String> columns) {

  public AnnotatedInput {
    paths = List.copyOf(paths);
    columns = List.copyOf(columns);
  }

  /**
   * Opens the dataset.
   *
   * @throws io.github.tommerspark.message.UserException if something is not there or cannot be read
   */
  public AnnotatedDataset open(SparkSession spark) throws IOException {
    return AnnotatedDataset.open(spark, paths, format);
  }
}
