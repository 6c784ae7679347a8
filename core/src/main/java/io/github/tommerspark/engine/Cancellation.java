package io.github.tommerspark.engine;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A call into libtorch on behalf of somebody who may give up meanwhile. A thread in native code
 * hears of nothing: another one asks for it, ten times a second, and sets a flag that the scripts
 * look at between the blocks of a backbone. So a call ends within the time of a block.
 */
public final class Cancellation implements AutoCloseable {

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A byte that scripts see as a tensor, uint8 (1), on the CPU; used again by later calls. */
  private record Flag(ByteBuffer value, IValue tensor) {

    static Flag create() {
      ByteBuffer value = ByteBuffer.allocateDirect(1);
      return new Flag(
          value,
          IValue.from(
              Torch.newManager(Device.cpu()).create((Buffer) value, new Shape(1), DataType.UINT8)));
    }

    void set(boolean stop) {
      value.put(0, (byte) (stop ? 1 : 0));
    }
  }

  /** The flag of calls that nobody can cancel: it is never set. */
  private static final class Never {
    static final Flag FLAG = Flag.create();
  }

  private static final ThreadLocal<Cancellation> CURRENT = new ThreadLocal<>();
  private static final Set<Cancellation> CALLS = ConcurrentHashMap.newKeySet();
  private static final ConcurrentLinkedDeque<Flag> UNUSED = new ConcurrentLinkedDeque<>();

  private static volatile Supplier<Optional<BooleanSupplier>> callers = Optional::empty;

  /** Starts with the first call that can be cancelled. */
  private static final class Watcher {
    static final Thread THREAD = new Thread(Cancellation::watch, "tommer-cancellation");

    static {
      THREAD.setDaemon(true);
      THREAD.start();
    }

    /** Starts the thread, once. */
    static void begin() {}
  }

  private final BooleanSupplier givenUp;
  private final Flag flag;
  private final Thread thread = Thread.currentThread();

  /** In the queue for a device, where an interrupt reaches the thread. */
  private boolean waiting;

  /** By us, while it waited. */
  private boolean interrupted;

  private boolean closed;

  private Cancellation(BooleanSupplier givenUp, Flag flag) {
    this.givenUp = givenUp;
    this.flag = flag;
  }

  /**
   * Tells how to learn on whose behalf the current thread works: whether they have given up, or
   * nothing if it works for nobody who could.
   */
  public static void listenTo(Supplier<Optional<BooleanSupplier>> callers) {
    Cancellation.callers = callers;
  }

  /**
   * Ends the work of the current thread if nobody waits for it any more.
   *
   * @throws CancellationException if so
   */
  public static void check() {
    caller();
  }

  /**
   * Returns the caller that the current thread works for, if there is one and it has not given up.
   */
  private static Optional<BooleanSupplier> caller() {
    Optional<BooleanSupplier> caller = callers.get();
    if (caller.isPresent() && caller.get().getAsBoolean()) {
      throw cancelled();
    }
    return caller;
  }

  /** Begins a call of the current thread, which ends it by {@link #close}. Calls do not nest. */
  static Cancellation begin() {
    Optional<BooleanSupplier> caller = caller();
    if (caller.isEmpty()) {
      return new Cancellation(() -> false, Never.FLAG);
    }
    Flag flag = UNUSED.poll();
    Cancellation call = new Cancellation(caller.get(), flag == null ? Flag.create() : flag);
    call.flag.set(false);
    CURRENT.set(call);
    CALLS.add(call);
    Watcher.begin();
    return call;
  }

  /**
   * The flag of the current thread's call, as scripts take it: uint8 (1) on the CPU, not to be
   * closed.
   */
  public static IValue stop() {
    Cancellation current = CURRENT.get();
    return (current == null ? Never.FLAG : current.flag).tensor();
  }

  /**
   * Waits for permits.
   *
   * @throws CancellationException if the call is cancelled first; no permits are taken then
   */
  void acquire(Semaphore permits, int count) {
    boolean interrupt = Thread.interrupted();
    setWaiting(true);
    boolean taken;
    try {
      permits.acquire(count);
      taken = true;
    } catch (InterruptedException e) {
      taken = false;
    }
    setWaiting(false);
    boolean pending = Thread.interrupted();
    if (!interrupted) {
      // What somebody else means by it is for the work after this call.
      interrupt |= pending || !taken;
      if (!taken) {
        permits.acquireUninterruptibly(count);
      }
    }
    if (interrupt) {
      Thread.currentThread().interrupt();
    }
    if (!taken && interrupted) {
      throw cancelled();
    }
  }

  private synchronized void setWaiting(boolean waiting) {
    this.waiting = waiting;
  }

  private static CancellationException cancelled() {
    return new CancellationException("The task was cancelled");
  }

  private static void watch() {
    while (true) {
      LockSupport.parkNanos(POLL_NANOS);
      CALLS.forEach(Cancellation::look);
    }
  }

  private synchronized void look() {
    if (!closed && givenUp.getAsBoolean()) {
      flag.set(true);
      if (waiting && !interrupted) {
        interrupted = true;
        thread.interrupt();
      }
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // Is it the one that all share?
  public synchronized void close() {
    closed = true;
    CALLS.remove(this);
    CURRENT.remove();
    if (flag != Never.FLAG) {
      UNUSED.push(flag);
    }
  }
}
