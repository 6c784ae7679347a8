package io.github.tommerspark.jobs.agree;

import io.github.tommerspark.jobs.output.ResultPlace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything the agree job is told.
 *
 * @param sources what to compare; one alone without a name if its own columns are
 * @param columns mentions columns to compare; null for all that there are
 * @param textColumn column with the text; null for what the data says of itself
 * @param idColumn column that identifies a document; null for what the data says of itself
 * @param output where the comparison is written
 * @param bootstrap where intervals come from
 * @param consensus what is written beside the comparison
 */
public record AgreeOptions(
    List<Source> sources,
    @Nullable List<String> columns,
    @Nullable String textColumn,
    @Nullable String idColumn,
    ResultPlace output,
    Bootstrap bootstrap,
    Consensus consensus) {

  /**
   * The bootstrap over documents that intervals come from.
   *
   * @param replicates how often documents are drawn again; 0 for no intervals
   * @param seed of the draws
   */
  public record Bootstrap(int replicates, long seed) {}

  /**
   * A column of mentions that several models agree on.
   *
   * @param votes how many models must have found a mention; 0 to write no such column
   * @param column its name
   */
  public record Consensus(int votes, String column) {}

  /**
   * An annotated dataset.
   *
   * @param name given to it; null for none
   * @param paths of its files
   */
  public record Source(@Nullable String name, List<String> paths) {
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
