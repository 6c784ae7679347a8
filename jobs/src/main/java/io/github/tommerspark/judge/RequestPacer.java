package io.github.tommerspark.judge;

import java.time.Duration;

/**
 * Keeps requests apart: evenly spaced, so that no minute has more than it may, and none at all
 * while the server wants to be left alone. Thread-safe.
 */
final class RequestPacer {

  private final Pause pause;
  private final long interval;

  /** The moment from which the next request may leave. */
  private long next;

  /**
   * A pacer.
   *
   * @param requestsPerMinute of all threads together
   */
  RequestPacer(int requestsPerMinute, Pause pause) {
    this.pause = pause;
    this.interval = Duration.ofMinutes(1).toNanos() / requestsPerMinute;
    this.next = pause.nanoTime();
  }

  /** Waits until a request may leave. */
  void await() throws InterruptedException {
    for (long wait = claim(); wait > 0; wait = claim()) {
      pause.sleep(Duration.ofNanos(wait));
    }
  }

  /** Takes the next moment if it has come; else how long to wait before trying again. */
  private synchronized long claim() {
    long now = pause.nanoTime();
    if (next - now > 0) {
      return next - now;
    }
    next = now + interval;
    return 0;
  }

  /** Holds all further requests back for so long at least. */
  synchronized void hold(Duration duration) {
    long until = pause.nanoTime() + duration.toNanos();
    if (until - next > 0) {
      next = until;
    }
  }
}
