package io.github.tommerspark.eval;

/** Groups of mention lengths, in whitespace-separated words. */
final class LengthGroup {

  private static final String[] LABELS = {"0", "1", "2", "3", "4", "5", "6-10", "11-20", "21+"};

  private LengthGroup() {}

  static int count() {
    return LABELS.length;
  }

  static String label(int group) {
    return LABELS[group];
  }

  /** The group of a number of words, which is not negative. */
  static int of(int words) {
    if (words <= 5) {
      return words;
    }
    return words <= 10 ? 6 : words <= 20 ? 7 : 8;
  }
}
