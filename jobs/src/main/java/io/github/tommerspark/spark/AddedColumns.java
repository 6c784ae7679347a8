package io.github.tommerspark.spark;

import java.io.Serializable;

/**
 * The columns that annotating adds, in this order.
 *
 * @param mentions whether there is a column of mentions for every model
 * @param document whether there is one column with the text as a Spark NLP annotation
 * @param chunks whether there is a column of mentions as Spark NLP annotations for every model
 * @param error whether there is one column with what went wrong; without it, an error fails the
 *     task
 */
public record AddedColumns(boolean mentions, boolean document, boolean chunks, boolean error)
    implements Serializable {

  /** Returns the number of columns. */
  int count(int models) {
    return models * ((mentions ? 1 : 0) + (chunks ? 1 : 0)) + (document ? 1 : 0) + (error ? 1 : 0);
  }
}
