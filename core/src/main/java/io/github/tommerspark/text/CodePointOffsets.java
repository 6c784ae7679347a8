package io.github.tommerspark.text;

import java.util.Arrays;

/**
 * The offsets of one text in code points and in UTF-16 units, and the only place that converts.
 *
 * <p>Hugging Face tokenizers, Spark SQL, pandas and DuckDB count Unicode code points; Java and
 * Spark NLP count UTF-16 units. The two differ from the first character outside the basic plane
 * onwards. A lone surrogate is one code point and one unit.
 *
 * <p>A text without surrogate pairs, the usual case, costs no memory and both directions are the
 * identity. Otherwise 4 bytes are kept per surrogate pair and a conversion is a binary search over
 * the pairs. Immutable and thread-safe.
 */
public final class CodePointOffsets {

  private static final int[] NO_PAIRS = {};

  private final int utf16Length;

  /** Offsets in code points of the characters that take two UTF-16 units, ascending. */
  private final int[] pairs;

  private CodePointOffsets(int utf16Length, int[] pairs) {
    this.utf16Length = utf16Length;
    this.pairs = pairs;
  }

  /**
   * Reads through a text once.
   *
   * @param text any string, also one with lone surrogates
   * @return its offsets; the text itself is not kept
   */
  public static CodePointOffsets of(String text) {
    int count = 0;
    int last = text.length() - 1;
    for (int i = 0; i < last; i++) {
      if (isPair(text, i)) {
        count++;
        i++;
      }
    }
    if (count == 0) {
      return new CodePointOffsets(text.length(), NO_PAIRS);
    }
    int[] pairs = new int[count];
    int found = 0;
    for (int i = 0; i < last; i++) {
      if (isPair(text, i)) {
        pairs[found] = i - found;
        found++;
        i++;
      }
    }
    return new CodePointOffsets(text.length(), pairs);
  }

  private static boolean isPair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        && Character.isLowSurrogate(text.charAt(at + 1));
  }

  /**
   * Returns whether both units give the same numbers everywhere in this text.
   *
   * @return true if the text has no surrogate pair
   */
  public boolean isIdentity() {
    return pairs.length == 0;
  }

  /**
   * The length of the text in code points.
   *
   * @return the number of code points, a lone surrogate counting as one
   */
  public int codePoints() {
    return utf16Length - pairs.length;
  }

  /**
   * Converts an offset in code points to UTF-16 units.
   *
   * @param codePoint an offset from 0 to {@link #codePoints()}, both inclusive
   * @return the offset of the same place in UTF-16 units
   * @throws IndexOutOfBoundsException if the offset lies outside the text
   */
  public int toUtf16(int codePoint) {
    if (codePoint < 0 || codePoint > codePoints()) {
      throw new IndexOutOfBoundsException(
          "Cannot convert offset " + codePoint + ": the text has " + codePoints() + " code points");
    }
    if (pairs.length == 0) {
      return codePoint;
    }
    int at = Arrays.binarySearch(pairs, codePoint);
    return codePoint + (at >= 0 ? at : -at - 1);
  }

  /**
   * Converts an offset in UTF-16 units to code points.
   *
   * @param utf16 an offset from 0 to the length of the text, both inclusive
   * @return the offset of the same place in code points
   * @throws IndexOutOfBoundsException if the offset lies outside the text
   * @throws IllegalArgumentException if the offset lies between the two halves of a surrogate pair
   */
  public int toCodePoint(int utf16) {
    if (utf16 < 0 || utf16 > utf16Length) {
      throw new IndexOutOfBoundsException(
          "Cannot convert offset " + utf16 + ": the text has " + utf16Length + " UTF-16 units");
    }
    int before = 0;
    int end = pairs.length;
    while (before < end) {
      int middle = (before + end) >>> 1;
      // Pair number i begins after i others, so at unit pairs[i] + i.
      if (pairs[middle] + middle < utf16) {
        before = middle + 1;
      } else {
        end = middle;
      }
    }
    if (before > 0 && pairs[before - 1] + before == utf16) {
      throw new IllegalArgumentException(
          "Cannot convert offset " + utf16 + ": it lies inside a surrogate pair");
    }
    return utf16 - before;
  }

  /**
   * The inclusive end that Spark NLP annotations carry.
   *
   * @param end the exclusive end of a span, in UTF-16 units
   * @return the offset of the span's last UTF-16 unit; for an empty span one less than its start
   */
  public static int toInclusiveEnd(int end) {
    return end - 1;
  }
}
