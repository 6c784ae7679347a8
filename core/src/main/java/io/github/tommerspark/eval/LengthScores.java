package io.github.tommerspark.eval;

/**
 * Mentions of one length.
 *
 * @param length in words, parted by white space, such as {@code 3} or {@code 6-10}
 * @param gold gold mentions of that length
 * @param found of these, how many were predicted
 * @param predicted predictions of that length
 * @param hits of these, how many match a gold mention
 */
public record LengthScores(String length, long gold, long found, long predicted, long hits) {

  private static final String[] LABELS = {"0", "1", "2", "3", "4", "5", "6-10", "11-20", "21+"};
  private static final int[] LONGEST = {0, 1, 2, 3, 4, 5, 10, 20, Integer.MAX_VALUE};

  /** The number of lengths that are told apart. */
  static int count() {
    return LABELS.length;
  }

  /** The name of a length. */
  static String label(int length) {
    return LABELS[length];
  }

  /** The length of a stretch of text, which may be empty, as an index. */
  static int of(String text, int start, int end) {
    int words = 0;
    boolean inside = false;
    for (int i = start; i < end; i++) {
      boolean blank =
          Character.isWhitespace(text.charAt(i)) || Character.isSpaceChar(text.charAt(i));
      words += !blank && !inside ? 1 : 0;
      inside = !blank;
    }
    int length = 0;
    while (LONGEST[length] < words) {
      length++;
    }
    return length;
  }

  /** The share of predictions that match; 0 if there are none. */
  public double precision() {
    return predicted == 0 ? 0 : (double) hits / predicted;
  }

  /** The share of gold mentions that were found; 0 if there are none. */
  public double recall() {
    return gold == 0 ? 0 : (double) found / gold;
  }
}
