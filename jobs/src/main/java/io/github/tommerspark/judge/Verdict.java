package io.github.tommerspark.judge;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The judge's answer about a mention. */
public enum Verdict {
  /** It is one. */
  YES,
  /** It is not. */
  NO,
  /** The answer ends in neither; such a mention counts for nothing. */
  UNCLEAR;

  /** Characters at the end of an answer in which the verdict must be. */
  private static final int ENDING = 10;

  private static final Pattern WORD =
      Pattern.compile(
          "\\b(?:yes|no)\\b", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CHARACTER_CLASS);

  /**
   * Reads an answer: the verdict is the whole word yes or no within its last 10 characters, in any
   * case. An answer that ends in both or neither is unclear.
   *
   * @param answer as the judge gave it
   */
  public static Verdict of(String answer) {
    String text = answer.strip();
    Matcher words = WORD.matcher(text);
    // Only the ending is searched, but with a view of what is before it: "casino" is no "no".
    words.useTransparentBounds(true).region(Math.max(0, text.length() - ENDING), text.length());
    Verdict verdict = null;
    while (words.find()) {
      Verdict found = words.group().equalsIgnoreCase("yes") ? YES : NO;
      if (verdict != null && verdict != found) {
        return UNCLEAR;
      }
      verdict = found;
    }
    return verdict == null ? UNCLEAR : verdict;
  }

  /** True for yes, false for no, null for neither, as files have it. */
  public @Nullable Boolean value() {
    return this == UNCLEAR ? null : Boolean.valueOf(this == YES);
  }

  /** The verdict of a {@link #value()}. */
  static Verdict of(@Nullable Boolean value) {
    if (value == null) {
      return UNCLEAR;
    }
    return value ? YES : NO;
  }
}
