package io.github.tommerspark.source;

/**
 * Text from a file that nobody vouches for, made fit for a one-line message.
 *
 * <p>A name in a crafted file may hold line breaks, terminal escapes or a megabyte of letters.
 */
public final class Quoted {

  private static final int MAX_LENGTH = 120;

  private Quoted() {}

  /**
   * The text in double quotes.
   *
   * @param text any text
   * @return the text with control and format characters, quotes and backslashes escaped, cut after
   *     120 UTF-16 units with {@code ...} in the place of the rest
   */
  public static String of(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    int end = Math.min(text.length(), MAX_LENGTH);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (isPlain(c)) {
        quoted.append(c);
      } else {
        quoted.append("\\u%04x".formatted((int) c));
      }
    }
    return quoted.append(end < text.length() ? "...\"" : "\"").toString();
  }

  private static boolean isPlain(char c) {
    int type = Character.getType(c);
    return !Character.isISOControl(c)
        && type != Character.FORMAT
        && type != Character.LINE_SEPARATOR
        && type != Character.PARAGRAPH_SEPARATOR
        && type != Character.SURROGATE;
  }
}
