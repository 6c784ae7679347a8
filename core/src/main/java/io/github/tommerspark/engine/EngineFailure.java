package io.github.tommerspark.engine;

/** Failures of libtorch as one line for a person. */
public final class EngineFailure {

  private EngineFailure() {}

  /** The line of the message that says something, or the kind of failure without one. */
  public static String line(Throwable failure) {
    String message = failure.getMessage();
    if (message == null || message.isBlank()) {
      return failure.getClass().getSimpleName();
    }
    // libtorch puts the interpreter's trace first and the reason last.
    String[] lines = message.strip().lines().map(String::strip).toArray(String[]::new);
    for (int i = lines.length - 1; i >= 0; i--) {
      if (lines[i].startsWith("RuntimeError:") || lines[i].contains("Error: ")) {
        return lines[i];
      }
    }
    return lines[0];
  }
}
