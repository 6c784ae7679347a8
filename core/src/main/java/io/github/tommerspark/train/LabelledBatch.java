package io.github.tommerspark.train;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Sequences of tokens, one after the other and without padding, with the spans that are gold in
 * them. Sequences of equal length stand together.
 *
 * @param ids token ids with specials, (tokens)
 * @param groups (count, length) of each run of sequences of equal length
 * @param kept 1 for tokens that a span may begin with, then for those that it may end with, else 0,
 *     (2 × tokens)
 * @param goldStarts first token of each gold span, as an index in {@code ids}
 * @param goldEnds last token of each gold span, inclusive
 */
public record LabelledBatch(
    long[] ids, long[] groups, byte[] kept, int[] goldStarts, int[] goldEnds)
    implements Serializable {

  /** Checks that the arrays belong together. */
  public LabelledBatch {
    if (kept.length != 2 * ids.length || goldStarts.length != goldEnds.length) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d tokens, %d marks, %d starts and %d ends do not make a batch",
              ids.length,
              kept.length,
              goldStarts.length,
              goldEnds.length));
    }
  }

  /**
   * Packs texts; the same texts in the same order make the same batch.
   *
   * @param texts with at least one sequence among them
   */
  public static LabelledBatch of(List<LabelledText> texts) {
    List<LabelledText.Sequence> sequences = new ArrayList<>();
    texts.forEach(text -> sequences.addAll(text.sequences()));
    sequences.sort(Comparator.comparingInt(LabelledText.Sequence::length).reversed());
    int tokens = sequences.stream().mapToInt(LabelledText.Sequence::length).sum();
    int gold = sequences.stream().mapToInt(sequence -> sequence.goldEnds().length).sum();
    long[] ids = new long[tokens];
    byte[] kept = new byte[2 * tokens];
    int[] goldStarts = new int[gold];
    int[] goldEnds = new int[gold];
    List<long[]> runs = new ArrayList<>();
    int at = 0;
    int spans = 0;
    for (LabelledText.Sequence sequence : sequences) {
      int length = sequence.length();
      for (int i = 0; i < length; i++) {
        ids[at + i] = sequence.ids()[i];
      }
      System.arraycopy(sequence.kept(), 0, kept, at, length);
      System.arraycopy(sequence.kept(), length, kept, tokens + at, length);
      for (int i = 0; i < sequence.goldEnds().length; i++) {
        goldStarts[spans] = at + sequence.goldStarts()[i];
        goldEnds[spans++] = at + sequence.goldEnds()[i];
      }
      if (!runs.isEmpty() && runs.get(runs.size() - 1)[1] == length) {
        runs.get(runs.size() - 1)[0]++;
      } else {
        runs.add(new long[] {1, length});
      }
      at += length;
    }
    long[] groups = runs.stream().flatMapToLong(Arrays::stream).toArray();
    return new LabelledBatch(ids, groups, kept, goldStarts, goldEnds);
  }

  /** Tokens of all sequences, specials included. */
  public int tokens() {
    return ids.length;
  }

  /**
   * Some sequences of a batch.
   *
   * @param ids token ids with specials, (tokens)
   * @param groups (count, length) of each run of sequences of equal length
   */
  public record Piece(long[] ids, long[] groups) {}

  /**
   * Cuts the batch between sequences.
   *
   * @param most tokens of a piece, unless a single sequence has more
   * @return pieces that make up the batch, in order
   */
  public List<Piece> pieces(int most) {
    List<Piece> pieces = new ArrayList<>();
    List<Long> runs = new ArrayList<>();
    int begin = 0;
    int at = 0;
    for (int g = 0; g < groups.length; g += 2) {
      int length = (int) groups[g + 1];
      for (int s = 0; s < groups[g]; s++) {
        if (at > begin && at + length - begin > most) {
          pieces.add(piece(begin, at, runs));
          runs.clear();
          begin = at;
        }
        int last = runs.size() - 2;
        if (last >= 0 && runs.get(last + 1) == length) {
          runs.set(last, runs.get(last) + 1);
        } else {
          runs.add(1L);
          runs.add((long) length);
        }
        at += length;
      }
    }
    pieces.add(piece(begin, at, runs));
    return pieces;
  }

  private Piece piece(int begin, int end, List<Long> runs) {
    return new Piece(
        Arrays.copyOfRange(ids, begin, end), runs.stream().mapToLong(Long::longValue).toArray());
  }
}
