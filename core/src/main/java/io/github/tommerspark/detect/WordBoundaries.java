package io.github.tommerspark.detect;

import io.github.tommerspark.text.TokenizedText;
import java.lang.Character.UnicodeScript;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;

/**
 * The tokens of a text that a mention may begin or end with if it is not to cut through a word.
 *
 * <p>A place in a text lies within a word when a letter or digit stands on both sides of it, or a
 * combining mark follows. Scripts whose words are not set apart by spaces, and Korean, whose
 * particles are written onto nouns, have a boundary between any two letters.
 */
public final class WordBoundaries {

  private static final Set<UnicodeScript> UNSPACED =
      EnumSet.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.BOPOMOFO,
          UnicodeScript.HANGUL,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR,
          UnicodeScript.TIBETAN,
          UnicodeScript.JAVANESE,
          UnicodeScript.BALINESE);

  private final BitSet starts;
  private final BitSet ends;

  private WordBoundaries(BitSet starts, BitSet ends) {
    this.starts = starts;
    this.ends = ends;
  }

  /** Finds the boundaries of a text among its content tokens. */
  public static WordBoundaries of(String text, TokenizedText tokens) {
    BitSet starts = new BitSet(tokens.size());
    BitSet ends = new BitSet(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      starts.set(i, isBoundary(text, MentionText.start(text, tokens, i)));
      ends.set(i, isBoundary(text, tokens.end(i)));
    }
    return new WordBoundaries(starts, ends);
  }

  /** Returns true if these tokens and as many of another text are boundaries alike. */
  boolean same(int from, int to, WordBoundaries other, int otherFrom) {
    for (int i = from; i < to; i++) {
      if (isStart(i) != other.isStart(i - from + otherFrom)
          || isEnd(i) != other.isEnd(i - from + otherFrom)) {
        return false;
      }
    }
    return true;
  }

  /** Returns true if a mention may begin with this token. */
  public boolean isStart(int token) {
    return starts.get(token);
  }

  /** Returns true if a mention may end with this token. */
  public boolean isEnd(int token) {
    return ends.get(token);
  }

  /**
   * Returns true if a place in a text does not lie within a word.
   *
   * @param at in UTF-16 units, from 0 to the length of the text
   */
  static boolean isBoundary(String text, int at) {
    if (at <= 0 || at >= text.length()) {
      return true;
    }
    if (Character.isLowSurrogate(text.charAt(at))
        && Character.isHighSurrogate(text.charAt(at - 1))) {
      return false;
    }
    int next = text.codePointAt(at);
    if (isMark(next)) {
      return false;
    }
    int before = text.codePointBefore(at);
    int begin = at - Character.charCount(before);
    while (isMark(before) && begin > 0) {
      before = text.codePointBefore(begin);
      begin -= Character.charCount(before);
    }
    return !(isWord(before) && isWord(next));
  }

  private static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
  }

  private static boolean isWord(int codePoint) {
    return Character.isLetterOrDigit(codePoint)
        && (codePoint < 0x80 || !UNSPACED.contains(UnicodeScript.of(codePoint)));
  }
}
