package io.github.tommerspark.jobs.annotate;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Shows progress: on a terminal in one line that is written over, elsewhere (logs) in a line of its
 * own every half minute. Thread-safe.
 */
final class ProgressPrinter {

  /** The interval between lines of a log. */
  static final Duration PLAIN_INTERVAL = Duration.ofSeconds(30);

  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private long last;
  private boolean shown;

  /**
   * A printer.
   *
   * @param terminal whether what is printed can be written over
   * @param nanoTime a clock in nanoseconds, such as {@code System::nanoTime}
   */
  ProgressPrinter(PrintStream out, boolean terminal, LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.last = nanoTime.getAsLong();
  }

  /** One for standard error. */
  static ProgressPrinter standard() {
    boolean terminal = System.console() != null && !"dumb".equals(System.getenv("TERM"));
    return new ProgressPrinter(System.err, terminal, System::nanoTime);
  }

  /** Shows where the job is, if it is time. */
  synchronized void show(Progress progress) {
    if (progress.documents() == 0) {
      return;
    }
    if (terminal) {
      out.print(ERASE_LINE + progress.line());
      shown = true;
    } else if (nanoTime.getAsLong() - last >= PLAIN_INTERVAL.toNanos()) {
      out.println(progress.line());
      last = nanoTime.getAsLong();
    }
    out.flush();
  }

  /** Leaves the line to others. */
  synchronized void end() {
    if (shown) {
      out.print(ERASE_LINE);
      out.flush();
      shown = false;
    }
  }
}
