package io.github.tommerspark.testing;

import com.sun.management.ThreadMXBean;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * The limits that every reader keeps to, whatever it is given: it returns, or refuses in one line
 * by an exception that it declares; it allocates at most {@link #MOST_BYTES}, and computes for at
 * most {@link #MOST_NANOS}.
 */
public final class Bounds {

  /** Bytes of heap per input, which itself has a few kilobytes. */
  public static final long MOST_BYTES = 32L << 20;

  /** Time of the thread per input, checked while fuzzing. */
  public static final long MOST_NANOS = 1_000_000_000;

  /** Tries to keep to the limits: the first one may load classes. */
  private static final int RUNS = 3;

  /** Longer than any message with a quoted part of the input. */
  private static final int MOST_CHARACTERS = 4_000;

  private static final boolean TIMED = Boolean.getBoolean("fuzz.timed");

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Refusals of what reads files of models; exactly these, not what derives from them. */
  public static final List<Class<? extends Exception>> OF_MODELS =
      List.of(ModelFormatException.class, FileNotFoundException.class, IOException.class);

  private Bounds() {}

  /** A reader, with its input. */
  @FunctionalInterface
  public interface Reader {
    void read() throws Exception;
  }

  /**
   * Runs a reader.
   *
   * @param refusals the exceptions that it declares
   * @throws AssertionError if it does not keep to the limits
   */
  public static void check(List<Class<? extends Exception>> refusals, Reader reader) {
    long bytes = 0;
    long nanos = 0;
    for (int run = 0; run < RUNS; run++) {
      bytes = -THREADS.getCurrentThreadAllocatedBytes();
      nanos = TIMED ? -THREADS.getCurrentThreadCpuTime() : 0;
      try {
        reader.read();
      } catch (Exception e) {
        checkRefusal(refusals, e);
      }
      nanos += TIMED ? THREADS.getCurrentThreadCpuTime() : 0;
      bytes += THREADS.getCurrentThreadAllocatedBytes();
      if (bytes <= MOST_BYTES && nanos <= MOST_NANOS) {
        return;
      }
    }
    throw new AssertionError("%d bytes were allocated, and %d ns computed".formatted(bytes, nanos));
  }

  private static void checkRefusal(List<Class<? extends Exception>> refusals, Exception refusal) {
    String message = refusal.getMessage();
    if (!refusals.contains(refusal.getClass())) {
      throw new AssertionError("Not a refusal: " + refusal, refusal);
    }
    if (message == null
        || message.length() > MOST_CHARACTERS
        || message.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("Not a line: " + message, refusal);
    }
  }
}
