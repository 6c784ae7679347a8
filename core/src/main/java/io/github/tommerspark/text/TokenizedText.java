package io.github.tommerspark.text;

import java.util.Arrays;
import java.util.Objects;

/**
 * The content tokens of one text: ids and where each token lies in the text.
 *
 * <p>Special tokens that a post-processor adds are not part of it. Offsets are half-open [start,
 * end) in UTF-16 units of the original text. They ascend but are not a partition of the text:
 * characters that the tokenizer drops lie in no token, byte pieces of one character share its
 * offsets, and a token may be empty (a prefix that the tokenizer puts before the text).
 *
 * <p>Immutable and thread-safe; 12 bytes per token.
 */
public final class TokenizedText {

  private final int[] ids;
  private final int[] starts;
  private final int[] ends;

  /** Takes the arrays as they are. */
  TokenizedText(int[] ids, int[] starts, int[] ends) {
    this.ids = ids;
    this.starts = starts;
    this.ends = ends;
  }

  /**
   * Tokens from arrays of equal length, which are copied.
   *
   * @param ids token ids
   * @param starts offsets of the first UTF-16 unit
   * @param ends offsets after the last UTF-16 unit
   * @return the tokens
   * @throws IllegalArgumentException if the lengths differ
   */
  public static TokenizedText of(int[] ids, int[] starts, int[] ends) {
    if (ids.length != starts.length || ids.length != ends.length) {
      throw new IllegalArgumentException(
          "Cannot pair "
              + ids.length
              + " token ids with "
              + starts.length
              + " starts and "
              + ends.length
              + " ends");
    }
    return new TokenizedText(ids.clone(), starts.clone(), ends.clone());
  }

  /**
   * The number of content tokens.
   *
   * @return the number of tokens, 0 for a text without any
   */
  public int size() {
    return ids.length;
  }

  /**
   * The id of a token.
   *
   * @param i the token, from 0
   * @return its id in the tokenizer's vocabulary
   */
  public int id(int i) {
    return ids[i];
  }

  /**
   * Returns the start of a token.
   *
   * @param i the token, from 0
   * @return the offset of its first UTF-16 unit in the original text
   */
  public int start(int i) {
    return starts[i];
  }

  /**
   * Returns the end of a token.
   *
   * @param i the token, from 0
   * @return the offset after its last UTF-16 unit in the original text
   */
  public int end(int i) {
    return ends[i];
  }

  /**
   * Copies the ids of a range of tokens.
   *
   * @param from the first token
   * @param to the token after the last
   * @param into receives the ids
   * @param at where the first id goes
   * @throws IndexOutOfBoundsException if the range lies outside the tokens or the array
   */
  public void copyIds(int from, int to, int[] into, int at) {
    Objects.checkFromToIndex(from, to, ids.length);
    System.arraycopy(ids, from, into, at, to - from);
  }

  /**
   * Copies the ids of a range of tokens, widened for an engine that wants 64-bit ids.
   *
   * @param from the first token
   * @param to the token after the last
   * @param into receives the ids
   * @param at where the first id goes
   * @throws IndexOutOfBoundsException if the range lies outside the tokens or the array
   */
  public void copyIds(int from, int to, long[] into, int at) {
    Objects.checkFromToIndex(from, to, ids.length);
    Objects.checkFromIndexSize(at, to - from, into.length);
    for (int i = from; i < to; i++) {
      into[at + i - from] = ids[i];
    }
  }

  /**
   * A hash of the ids of a range of tokens, equal for equal ids.
   *
   * @param from the first token
   * @param to the token after the last
   * @return the hash
   * @throws IndexOutOfBoundsException if the range lies outside the tokens
   */
  public int hashOfIds(int from, int to) {
    Objects.checkFromToIndex(from, to, ids.length);
    int hash = to - from;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + ids[i];
    }
    return hash;
  }

  /**
   * Returns whether a range of tokens has the same ids as a range of the same length of another
   * text.
   *
   * @param from the first token
   * @param to the token after the last
   * @param other the other text, which may be this one
   * @param otherFrom the first token of its range
   * @return true if all ids are equal, one by one
   * @throws IndexOutOfBoundsException if a range lies outside its tokens
   */
  public boolean sameIds(int from, int to, TokenizedText other, int otherFrom) {
    return Arrays.equals(ids, from, to, other.ids, otherFrom, otherFrom + to - from);
  }

  @Override
  public String toString() {
    return "TokenizedText[" + ids.length + " tokens]";
  }
}
