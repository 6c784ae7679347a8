package io.github.tommerspark.eval;

import java.util.Arrays;

/**
 * The starts of the whitespace-separated words of a text, in code points.
 *
 * <p>Whitespace is what Unicode calls so, as in Python's {@code str.split()}: no-break spaces too.
 */
public final class TextWords {

  private final int[] starts;

  private TextWords(int[] starts) {
    this.starts = starts;
  }

  /** The words of a text, which itself is not kept. */
  public static TextWords of(String text) {
    int[] starts = new int[8];
    int words = 0;
    int codePoint = 0;
    boolean inside = false;
    for (int i = 0; i < text.length(); codePoint++) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      boolean space = isSpace(c);
      if (!space && !inside) {
        if (words == starts.length) {
          starts = Arrays.copyOf(starts, 2 * words);
        }
        starts[words++] = codePoint;
      }
      inside = !space;
    }
    return new TextWords(Arrays.copyOf(starts, words));
  }

  private static boolean isSpace(int c) {
    // U+0085 (next line) is the one space that neither method knows.
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  /** Returns the number of words. */
  public int count() {
    return starts.length;
  }

  /**
   * The last word of a span that ends at an offset. Spans that end in the same word of the text
   * have the same, whether or not they take its punctuation along.
   *
   * @param end the exclusive end of a span, in code points; any number
   * @return the start, in code points, of the last word that begins before it; -1 if none does
   */
  public int lastBefore(int end) {
    int at = Arrays.binarySearch(starts, end);
    int before = at >= 0 ? at : -at - 1;
    return before == 0 ? -1 : starts[before - 1];
  }
}
