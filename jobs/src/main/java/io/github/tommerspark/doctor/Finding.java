package io.github.tommerspark.doctor;

import java.io.Serializable;

/**
 * The finding of one check.
 *
 * @param level whether jobs can run
 * @param check what was looked at, in a word
 * @param found what was found, one line
 * @param remedy what to do about it; empty if all is well
 */
public record Finding(Level level, String check, String found, String remedy)
    implements Serializable {

  /** The severity of a finding. */
  public enum Level {
    /** As it should be. */
    OK,
    /** Jobs run, but not as well as they could. */
    WARN,
    /** Jobs will fail. */
    FAIL
  }

  static Finding ok(String check, String found) {
    return new Finding(Level.OK, check, found, "");
  }

  static Finding warn(String check, String found, String remedy) {
    return new Finding(Level.WARN, check, found, remedy);
  }

  static Finding fail(String check, String found, String remedy) {
    return new Finding(Level.FAIL, check, found, remedy);
  }

  /** For people: one line. */
  public String line() {
    return "%-4s  %-8s %s%s"
        .formatted(
            level == Level.OK ? "ok" : level.name(),
            check,
            found.replaceAll("\\s*\\R\\s*", " "),
            remedy.isEmpty() ? "" : "; " + remedy);
  }
}
