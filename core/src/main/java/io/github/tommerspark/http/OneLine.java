package io.github.tommerspark.http;

/** Texts of servers, as messages may show them. */
public final class OneLine {

  private static final int SHOWN = 200;

  private OneLine() {}

  /** The text on one line, without control characters, cut after 200 code points. */
  public static String of(String text) {
    String line = text.replaceAll("[\\s\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ").strip();
    return line.codePointCount(0, line.length()) <= SHOWN
        ? line
        : line.substring(0, line.offsetByCodePoints(0, SHOWN)) + "…";
  }
}
