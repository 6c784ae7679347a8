package io.github.tommerspark.report;

/**
 * Text as HTML that shows it.
 *
 * <p>Beside the characters that mean something in HTML, those that HTML cannot hold are replaced by
 * ones that can be seen: NUL becomes ␀, escape becomes ␛; a lone surrogate becomes U+FFFD. Without
 * that, browsers drop them or take the page for malformed.
 */
final class Escaping {

  private static final char REPLACEMENT = '\uFFFD';

  /** ␀: the picture of control character n is n further. */
  private static final char PICTURES = '\u2400';

  private static final char PICTURE_OF_DELETE = '\u2421';

  private Escaping() {}

  /** HTML for an element's content or a quoted attribute. */
  static String html(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> {
          if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            out.append(c).append(text.charAt(++i));
          } else {
            out.append(visible(c));
          }
        }
      }
    }
    return out.toString();
  }

  private static char visible(char c) {
    if (c == '\t' || c == '\n') {
      return c;
    }
    if (c < ' ') {
      return (char) (PICTURES + c);
    }
    if (c == 0x7f) {
      return PICTURE_OF_DELETE;
    }
    return (c >= 0x80 && c < 0xa0) || Character.isSurrogate(c) || c >= 0xfffe ? REPLACEMENT : c;
  }
}
