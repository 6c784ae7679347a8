package io.github.tommerspark.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as a report writes them, the same in every locale. */
public final class Numbers {

  /** The stand-in for a missing number. */
  static final String NONE = "–";

  private Numbers() {}

  /** A share or a score with three decimals; a dash for null and for what is no number. */
  public static String ratio(@Nullable Number value) {
    return fixed(value, 3);
  }

  /** A share with two decimals, to fit a cell. */
  static String shortRatio(Number value) {
    return fixed(value, 2);
  }

  /** A number with so many decimals; a dash for null and for what is no number. */
  public static String fixed(@Nullable Number value, int decimals) {
    return value == null || Double.isNaN(value.doubleValue())
        ? NONE
        : String.format(Locale.ROOT, "%,." + decimals + "f", value.doubleValue());
  }

  /** A count with its thousands separated; a dash for null. */
  public static String count(@Nullable Number value) {
    return value == null ? NONE : String.format(Locale.ROOT, "%,d", value.longValue());
  }

  /** A place in a drawing: two decimals are finer than a screen shows. */
  static String place(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }
}
