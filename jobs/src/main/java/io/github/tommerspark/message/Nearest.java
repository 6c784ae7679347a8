package io.github.tommerspark.message;

import java.util.Collection;
import java.util.List;

/** Finds what a mistyped name may have meant. */
public final class Nearest {

  private Nearest() {}

  /** Those of the names that are nearest by edit distance, if near at all; sorted. */
  public static List<String> to(String typed, Collection<String> names) {
    int limit = Math.max(2, typed.length() / 4);
    int nearest = names.stream().mapToInt(name -> distance(typed, name)).min().orElse(limit + 1);
    return nearest > limit
        ? List.of()
        : names.stream().filter(name -> distance(typed, name) == nearest).sorted().toList();
  }

  /** Insertions, deletions and replacements of a character that make one of the other. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }
}
