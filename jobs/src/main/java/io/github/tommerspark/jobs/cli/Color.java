package io.github.tommerspark.jobs.cli;

/** When colours are used. */
public enum Color {
  /** On a terminal, unless NO_COLOR is set. */
  AUTO,
  ALWAYS,
  NEVER;

  /** Returns whether to use them now. */
  public boolean ansi() {
    return switch (this) {
      case ALWAYS -> true;
      case NEVER -> false;
      case AUTO -> System.console() != null && System.getenv("NO_COLOR") == null;
    };
  }
}
