package io.github.tommerspark.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Calls into libtorch, none of which may run when the process ends: on Ctrl-C or SIGTERM the
 * virtual machine does not wait for native code, and libtorch's own cleaning up would take from
 * under a running call what it works with. The process would end with a crash report instead of an
 * exit code.
 */
final class NativeCalls {

  /** The time that the end of the process waits for running calls; a batch takes less. */
  private static final int PATIENCE_SECONDS = 20;

  private static final ReentrantReadWriteLock LOCK = new ReentrantReadWriteLock();

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(NativeCalls::end, "tommer-native-calls"));
    } catch (IllegalStateException e) {
      // The process is ending already: there is nothing to wait for.
    }
  }

  private NativeCalls() {}

  /** Makes a call; in a process that is ending, waits for the end instead. */
  static <T> T call(Supplier<T> call) {
    LOCK.readLock().lock();
    try {
      return call.get();
    } finally {
      LOCK.readLock().unlock();
    }
  }

  /** Waits for running calls, and keeps the lock, so that no other begins. */
  private static void end() {
    try {
      LOCK.writeLock().tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
