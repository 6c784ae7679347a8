package io.github.tommerspark.spark;

/** The beginning of a text, for messages. */
final class Excerpt {

  private static final int LENGTH = 200;

  private Excerpt() {}

  /** The beginning of a text, on one line. */
  static String of(String text) {
    int end = Math.min(text.length(), LENGTH);
    if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    String head = text.substring(0, end).replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ");
    return end < text.length() ? head + "…" : head;
  }
}
