package io.github.tommerspark.judge;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Time and waiting, so that tests need not wait. */
interface Pause {

  /** Nanoseconds from some fixed moment; only differences mean anything. */
  long nanoTime();

  /** The time of day. */
  Instant now();

  /** Waits. */
  void sleep(Duration duration) throws InterruptedException;

  /** The real thing. */
  static Pause real() {
    return new Pause() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public void sleep(Duration duration) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(duration.toNanos());
      }
    };
  }
}
