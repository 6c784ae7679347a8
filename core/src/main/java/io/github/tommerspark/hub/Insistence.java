package io.github.tommerspark.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** Attempts that are made again, after a while, as long as what stops them may pass. */
final class Insistence {

  /** The greatest number of attempts in a row that bring nothing. */
  static final int ATTEMPTS = 5;

  private static final Duration FIRST_DELAY = Duration.ofSeconds(1);

  /** Bytes that must arrive for an attempt not to count as failed. */
  private static final int PROGRESS_BYTES = 1 << 20;

  /** Waiting, so that tests need not. */
  @FunctionalInterface
  interface Pause {
    void sleep(Duration duration) throws InterruptedException;
  }

  /** Something that may fail and be tried again. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws PassingException, IOException, InterruptedException;
  }

  /** The progress of attempts. */
  @FunctionalInterface
  interface Reached {
    long bytes() throws IOException;
  }

  private final Pause pause;

  /** Attempts with waits between them. */
  Insistence(Pause pause) {
    this.pause = pause;
  }

  /**
   * Tries until it works, is final, or has failed too often without getting on.
   *
   * @param reached bytes that are there
   * @throws HubException if it has
   */
  <T> T until(Attempt<T> attempt, Reached reached) throws IOException, InterruptedException {
    long before = reached.bytes();
    for (int failures = 1; ; failures++) {
      try {
        return attempt.run();
      } catch (PassingException e) {
        long now = reached.bytes();
        if (now - before >= PROGRESS_BYTES) {
          failures = 1;
          before = now;
        }
        if (failures == ATTEMPTS) {
          throw new HubException(
              String.format(Locale.ROOT, "%s, %d times in a row", e.getMessage(), ATTEMPTS));
        }
        Duration backoff = FIRST_DELAY.multipliedBy(1L << (failures - 1));
        pause.sleep(e.retryAfter().filter(wait -> wait.compareTo(backoff) > 0).orElse(backoff));
      }
    }
  }
}
