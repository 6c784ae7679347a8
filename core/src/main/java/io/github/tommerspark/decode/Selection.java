package io.github.tommerspark.decode;

import java.util.BitSet;

/** The part in which decoders differ: which of the spans above the threshold are mentions. */
@FunctionalInterface
interface Selection {

  /** Keeps every span. O(n). */
  Selection ALL =
      spans -> {
        BitSet all = new BitSet(spans.size());
        all.set(0, spans.size());
        return all;
      };

  /**
   * Selects mentions.
   *
   * @param spans distinct spans above the threshold with {@code start <= end}, sorted by (start,
   *     end); not modified
   * @return the indices of the mentions in {@code spans}
   */
  BitSet select(Candidates spans);
}
