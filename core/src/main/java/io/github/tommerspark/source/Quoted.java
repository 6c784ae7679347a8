package io.github.tommerspark.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.Locale;

/**
 * Text from a file that nobody vouches for, made fit for a one-line message.
 *
 * <p>A name in a crafted file may hold line breaks, terminal escapes or a megabyte of letters.
 */
public final class Quoted {

  private static final int MAX_LENGTH = 120;
  private static final int MAX_REASON = 300;

  private Quoted() {}

  /**
   * The text in double quotes.
   *
   * @param text any text
   * @return the text with control and format characters, quotes and backslashes escaped, cut after
   *     120 UTF-16 units with {@code ...} in the place of the rest
   */
  public static String of(String text) {
    return "\"" + escaped(text, MAX_LENGTH, "\"\\") + "\"";
  }

  /**
   * The complaint of a library about a text, which it may quote.
   *
   * @param failure that the library threw
   * @return the first line of its message, with control and format characters escaped, cut after
   *     300 UTF-16 units with {@code ...} in the place of the rest
   */
  public static String reason(Throwable failure) {
    String message =
        failure instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : failure.getMessage();
    String text = message == null ? failure.getClass().getSimpleName() : message.strip();
    return message(text.lines().findFirst().orElse(""));
  }

  /**
   * A message that quotes parts of a text.
   *
   * @return the message with control and format characters escaped, cut after 300 UTF-16 units with
   *     {@code ...} in the place of the rest
   */
  public static String message(String message) {
    return escaped(message, MAX_REASON, "");
  }

  private static String escaped(String text, int most, String marked) {
    StringBuilder escaped = new StringBuilder();
    int end = Math.min(text.length(), most);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (marked.indexOf(c) >= 0) {
        escaped.append('\\').append(c);
      } else if (isPlain(c)) {
        escaped.append(c);
      } else {
        escaped.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return escaped.append(end < text.length() ? "..." : "").toString();
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
