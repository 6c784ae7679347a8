package io.github.tommerspark.train;

import java.io.Serializable;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The cells that the loss counts, by their distance to gold spans (upstream {@code
 * dilate_entities}). The features of a cell are those of inference all the same; upstream takes
 * matches outside as 0.
 *
 * @param distances none for all cells; {@code [0]} for the cells of an end with a gold span whose
 *     start does not come after the last gold start of that end; {@code [d]} for the cells that
 *     begin or end within d tokens of a gold span; {@code [a, b]} for those whose start is within a
 *     tokens of a gold span's start and whose end within b tokens of the same span's end
 */
public record Dilation(List<Integer> distances) implements Serializable {

  /** All cells count. */
  public static final Dilation NONE = new Dilation(List.of());

  /**
   * Checks the distances.
   *
   * @throws IllegalArgumentException if there are more than two, or one is negative
   */
  public Dilation {
    distances = List.copyOf(distances);
    if (distances.size() > 2 || distances.stream().anyMatch(d -> d < 0)) {
      throw new IllegalArgumentException(
          "--dilation must be one or two distances from 0 on, such as 2 or 1,3, but is "
              + distances.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
  }

  /** Returns whether some cells do not count. */
  public boolean selects() {
    return !distances.isEmpty();
  }

  /**
   * The cells that count, whether or not a head's mask admits them.
   *
   * @param batch the sequences
   * @param window the largest distance between start and end; 0 for no limit
   * @param causal whether starts must not come after ends
   * @return starts, then as many ends, as indices of tokens in the batch
   */
  long[] counted(LabelledBatch batch, int window, boolean causal) {
    LongList starts = new LongList();
    LongList ends = new LongList();
    int first = 0;
    for (int g = 0; g < batch.groups().length; g += 2) {
      int length = (int) batch.groups()[g + 1];
      for (int s = 0; s < batch.groups()[g]; s++) {
        BitSet cells = cells(batch, first, length);
        for (int cell = cells.nextSetBit(0); cell >= 0; cell = cells.nextSetBit(cell + 1)) {
          int end = cell / length;
          int start = cell % length;
          boolean reached = window == 0 || Math.abs(end - start) <= window;
          if (reached && (!causal || start <= end)) {
            starts.add(first + start);
            ends.add(first + end);
          }
        }
        first += length;
      }
    }
    return starts.followedBy(ends);
  }

  /** Cells end · length + start of one sequence. */
  private BitSet cells(LabelledBatch batch, int first, int length) {
    BitSet cells = new BitSet(Math.multiplyExact(length, length));
    BitSet near = new BitSet(length);
    for (int i = 0; i < batch.goldEnds().length; i++) {
      int start = batch.goldStarts()[i] - first;
      int end = batch.goldEnds()[i] - first;
      if (end < 0 || end >= length) {
        continue;
      }
      if (distances.size() == 2) {
        int starts = distances.get(0);
        int ends = distances.get(1);
        for (int e = Math.max(0, end - ends); e <= Math.min(length - 1, end + ends); e++) {
          cells.set(
              e * length + Math.max(0, start - starts),
              e * length + Math.min(length - 1, start + starts) + 1);
        }
      } else if (distances.get(0) == 0) {
        cells.set(end * length, end * length + start + 1);
      } else {
        int distance = distances.get(0);
        near.set(Math.max(0, start - distance), Math.min(length - 1, end + distance) + 1);
      }
    }
    for (int at = near.nextSetBit(0); at >= 0; at = near.nextSetBit(at + 1)) {
      cells.set(at * length, (at + 1) * length);
      for (int end = 0; end < length; end++) {
        cells.set(end * length + at);
      }
    }
    return cells;
  }

  /** Numbers that are added one by one. */
  private static final class LongList {
    private long[] values = new long[64];
    private int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    long[] followedBy(LongList other) {
      long[] both = Arrays.copyOf(values, size + other.size);
      System.arraycopy(other.values, 0, both, size, other.size);
      return both;
    }
  }
}
