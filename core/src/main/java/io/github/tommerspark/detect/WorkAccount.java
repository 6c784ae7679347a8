package io.github.tommerspark.detect;

import java.util.concurrent.atomic.LongAdder;

/** Adds up what is done for a {@link WorkReport}. Thread-safe. */
final class WorkAccount {
  private static final ThreadLocal<long[]> FORWARD_OF_THREAD =
      ThreadLocal.withInitial(() -> new long[1]);

  private final LongAdder tokeniseNanos = new LongAdder();
  private final LongAdder waitNanos = new LongAdder();
  private final LongAdder forwardNanos = new LongAdder();
  private final LongAdder decodeNanos = new LongAdder();
  private final LongAdder forwards = new LongAdder();
  private final LongAdder documentTokens = new LongAdder();
  private final LongAdder windowTokens = new LongAdder();
  private final LongAdder computedTokens = new LongAdder();

  /** Texts of a call were tokenised and cut. */
  void tokenised(long tokens, long nanos) {
    documentTokens.add(tokens);
    tokeniseNanos.add(nanos);
  }

  /** A batch was computed, or failed to be. */
  void computed(PackedBatch batch, long waited, long took) {
    waitNanos.add(waited);
    forwardNanos.add(took);
    FORWARD_OF_THREAD.get()[0] += took;
    forwards.increment();
    windowTokens.add(batch.windowTokens());
    computedTokens.add(batch.ids().length);
  }

  /** Nanoseconds that this thread has spent in forwards, of any account. */
  static long forwardNanosOfThread() {
    return FORWARD_OF_THREAD.get()[0];
  }

  /** The spans of a call became its results. */
  void decoded(long nanos) {
    decodeNanos.add(nanos);
  }

  WorkReport report() {
    return new WorkReport(
        tokeniseNanos.sum(),
        waitNanos.sum(),
        forwardNanos.sum(),
        decodeNanos.sum(),
        forwards.sum(),
        documentTokens.sum(),
        windowTokens.sum(),
        computedTokens.sum());
  }
}
