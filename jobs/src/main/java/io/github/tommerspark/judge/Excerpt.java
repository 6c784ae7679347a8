package io.github.tommerspark.judge;

import io.github.tommerspark.text.CodePointOffsets;
import java.util.regex.Pattern;

/**
 * A mention as the judge sees it: in double brackets, with a little of the text around it, on one
 * line.
 *
 * <p>The only double brackets are those of the mention. Where the text has brackets that would join
 * into others, a space is put between; white space and control characters become one space; where
 * the text goes on, there is an ellipsis.
 */
final class Excerpt {

  private static final Pattern BLANK = Pattern.compile("[\\s\\p{Cc}\\p{Z}]+");
  private static final Pattern OPENING = Pattern.compile("\\[(?=\\[)");
  private static final Pattern CLOSING = Pattern.compile("](?=])");
  private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

  private Excerpt() {}

  /**
   * Cuts an excerpt.
   *
   * @param text of the document
   * @param start first code point of the mention
   * @param end code point after its last
   * @param context code points to show on either side, as far as there are any
   * @throws IndexOutOfBoundsException if the mention does not lie in the text
   */
  static String of(String text, int start, int end, int context) {
    CodePointOffsets offsets = CodePointOffsets.of(text);
    int from = Math.max(0, start - context);
    int to = (int) Math.min(offsets.codePoints(), (long) end + context);
    String before = plain(text.substring(offsets.toUtf16(from), offsets.toUtf16(start)));
    String mention = plain(text.substring(offsets.toUtf16(start), offsets.toUtf16(end)));
    String after = plain(text.substring(offsets.toUtf16(end), offsets.toUtf16(to)));

    return (from > 0 ? "…" : "")
        + before
        + (before.endsWith("[") ? " " : "")
        + "[["
        + (mention.startsWith("[") ? " " : "")
        + mention
        + (mention.endsWith("]") ? " " : "")
        + "]]"
        + (after.startsWith("]") ? " " : "")
        + after
        + (to < offsets.codePoints() ? "…" : "");
  }

  private static String plain(String text) {
    String line = BLANK.matcher(text).replaceAll(" ");
    line = LONE_SURROGATE.matcher(line).replaceAll("\ufffd");
    return CLOSING.matcher(OPENING.matcher(line).replaceAll("[ ")).replaceAll("] ");
  }
}
