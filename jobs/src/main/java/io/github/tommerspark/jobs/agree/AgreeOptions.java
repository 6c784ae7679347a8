package io.github.tommerspark.jobs.agree;

import java.util.List;

/**
 * Everything the agree job is told.
 *
 * @param sources what to compare; one alone without a name if its own columns are
 * @param columns mentions columns to compare; null for all that there are
 * @param textColumn column with the text; null for what the data says of itself
 * @param idColumn column that identifies a document; null for what the data says of itself
 * @param output directory to write to
 * @param overwrite whether an earlier comparison there is replaced
 * @param replicates of the bootstrap; 0 for none
 * @param seed of the bootstrap
 * @param votes how many models must have found a mention of the consensus; 0 to write none
 * @param consensusColumn its column
 */
public record AgreeOptions(
    List<Source> sources,
    List<String> columns,
    String textColumn,
    String idColumn,
    String output,
    boolean overwrite,
    int replicates,
    long seed,
    int votes,
    String consensusColumn) {

  /**
   * An annotated dataset.
   *
   * @param name given to it; null for none
   * @param paths of its files
   */
  public record Source(String name, List<String> paths) {
    public Source {
      paths = List.copyOf(paths);
    }
  }

  public AgreeOptions {
    sources = List.copyOf(sources);
    columns = columns == null ? null : List.copyOf(columns);
  }

  /** Returns whether documents meet by their ids. */
  boolean isJoin() {
    return sources.get(0).name() != null;
  }
}
