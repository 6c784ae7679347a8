package io.github.tommerspark.train;

import java.io.Serializable;

/**
 * Sequences of tokens, one after the other and without padding, with the spans that are gold in
 * them. Sequences of equal length stand together.
 *
 * @param ids token ids with specials, (tokens)
 * @param groups (count, length) of each run of sequences of equal length
 * @param kept 1 for tokens that a span may begin or end with, 0 for special tokens and those that
 *     another window owns, (tokens)
 * @param goldStarts first token of each gold span, as an index in {@code ids}
 * @param goldEnds last token of each gold span, inclusive
 */
public record LabelledBatch(
    long[] ids, long[] groups, byte[] kept, int[] goldStarts, int[] goldEnds)
    implements Serializable {

  /** Checks that the arrays belong together. */
  public LabelledBatch {
    if (kept.length != ids.length || goldStarts.length != goldEnds.length) {
      throw new IllegalArgumentException(
          "%d tokens, %d marks, %d starts and %d ends do not make a batch"
              .formatted(ids.length, kept.length, goldStarts.length, goldEnds.length));
    }
  }

  /** Tokens of all sequences, specials included. */
  public int tokens() {
    return ids.length;
  }
}
