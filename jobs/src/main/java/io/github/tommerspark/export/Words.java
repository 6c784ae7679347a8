package io.github.tommerspark.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * The words of a text: runs of letters, digits and marks, and every other character that is no
 * space by itself. They are cut where a mention begins or ends, so that mentions are whole words.
 *
 * <p>Spaces are what Unicode and Python call so; no word has one in it.
 */
final class Words {

  private final int[] starts;
  private final int[] ends;

  private Words(int[] starts, int[] ends) {
    this.starts = starts;
    this.ends = ends;
  }

  static Words of(AnnotatedText text) {
    TreeSet<Integer> cuts = new TreeSet<>();
    text.mentions().forEach(mention -> cuts.addAll(List.of(mention.start(), mention.end())));
    String characters = text.text();
    List<int[]> words = new ArrayList<>();
    boolean open = false;
    for (int at = 0; at < characters.length(); ) {
      int c = characters.codePointAt(at);
      int next = at + Character.charCount(c);
      boolean letter = isLetter(c);
      if (isSpace(c)) {
        open = false;
      } else if (letter && open && !cuts.contains(at)) {
        words.get(words.size() - 1)[1] = next;
      } else {
        words.add(new int[] {at, next});
        open = letter;
      }
      at = next;
    }
    return new Words(
        words.stream().mapToInt(word -> word[0]).toArray(),
        words.stream().mapToInt(word -> word[1]).toArray());
  }

  private static boolean isLetter(int c) {
    int type = Character.getType(c);
    return Character.isLetterOrDigit(c)
        || c == '_'
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.OTHER_NUMBER
        || type == Character.LETTER_NUMBER;
  }

  private static boolean isSpace(int c) {
    // U+0085 (next line) is the one space that neither method knows.
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  int count() {
    return starts.length;
  }

  /** Returns the begin of a word, in UTF-16 units. */
  int start(int word) {
    return starts[word];
  }

  /** Returns the end of a word, in UTF-16 units, exclusive. */
  int end(int word) {
    return ends[word];
  }

  /** The first word that begins at an offset or after it; {@link #count()} if none does. */
  int firstFrom(int offset) {
    int at = Arrays.binarySearch(starts, offset);
    return at >= 0 ? at : -at - 1;
  }
}
