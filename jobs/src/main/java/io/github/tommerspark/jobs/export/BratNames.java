package io.github.tommerspark.jobs.export;

import io.github.tommerspark.source.Sha256;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Names of files for ids, none given twice, also where upper and lower case are the same. */
final class BratNames {

  private static final int LONGEST = 80;
  private static final int HASH = 8;

  private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9._-]");

  private final Map<String, Integer> given = new HashMap<>();

  /**
   * Returns a name for an id: the id, if it can be one; else what can be used of it with some of
   * its SHA-256 behind. One that was given before gets a number.
   */
  String next(String id) {
    String safe = UNSAFE.matcher(id).replaceAll("_");
    if (safe.length() > LONGEST) {
      safe = safe.substring(0, LONGEST);
    }
    // Files that begin with others are hidden to some.
    boolean plain = safe.equals(id) && !safe.isEmpty() && Character.isLetterOrDigit(safe.charAt(0));
    String name = plain ? id : "x" + safe + "-" + Sha256.hex(id).substring(0, HASH);
    int times = given.merge(name.toLowerCase(Locale.ROOT), 1, Integer::sum);
    // No id as it is has a tilde in it.
    return times == 1 ? name : name + "~" + times;
  }
}
