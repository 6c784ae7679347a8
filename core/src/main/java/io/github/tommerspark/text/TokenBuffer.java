package io.github.tommerspark.text;

import java.util.Arrays;

/** Collects tokens from consecutive pieces of one text. Not thread-safe. */
final class TokenBuffer {

  private int[] ids;
  private int[] starts;
  private int[] ends;
  private int size;

  TokenBuffer(int capacity) {
    ids = new int[capacity];
    starts = new int[capacity];
    ends = new int[capacity];
  }

  /** Adds tokens [from, to) of a piece that begins at UTF-16 unit {@code offset} of the text. */
  void append(TokenizedText piece, int from, int to, int offset) {
    ensureCapacity(Math.addExact(size, to - from));
    for (int i = from; i < to; i++) {
      ids[size] = piece.id(i);
      starts[size] = piece.start(i) + offset;
      ends[size] = piece.end(i) + offset;
      size++;
    }
  }

  TokenizedText build() {
    return new TokenizedText(
        Arrays.copyOf(ids, size), Arrays.copyOf(starts, size), Arrays.copyOf(ends, size));
  }

  private void ensureCapacity(int wanted) {
    if (wanted <= ids.length) {
      return;
    }
    int capacity = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(wanted, ids.length * 3L / 2));
    ids = Arrays.copyOf(ids, capacity);
    starts = Arrays.copyOf(starts, capacity);
    ends = Arrays.copyOf(ends, capacity);
  }
}
