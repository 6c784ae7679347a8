package io.github.tommerspark.eval;

/**
 * The recall of a group of gold mentions: of a type, or nested ones.
 *
 * @param group what the mentions have in common
 * @param gold gold mentions of the group
 * @param found of these, how many were predicted
 */
public record GroupRecall(String group, long gold, long found) {

  /** The share that was found; 0 of none. */
  public double recall() {
    return gold == 0 ? 0 : (double) found / gold;
  }
}
