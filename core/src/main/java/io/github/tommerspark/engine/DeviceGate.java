package io.github.tommerspark.engine;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Bounds the calls that run on a device at once. More tasks than a GPU can serve would each hold
 * the memory of a batch there while they wait for one another.
 *
 * <p>All models of this JVM that run on a device under the same bound share its gate. Waiting calls
 * are let in first come, first served. A device that failed lets none in; see {@link DeviceHealth}.
 */
public final class DeviceGate {

  private record Key(Device device, int permits) {}

  private static final ConcurrentHashMap<Key, DeviceGate> GATES = new ConcurrentHashMap<>();

  private final Device device;
  private final int size;
  private final Semaphore permits;

  private DeviceGate(Device device, int size) {
    this.device = device;
    this.size = size;
    this.permits = new Semaphore(size, true);
  }

  /**
   * The gate of a device.
   *
   * @param concurrency calls at once; 0 for the default: {@link EngineOptions#GPU_CONCURRENCY} on a
   *     GPU; on a CPU as many as have a core for each of their threads
   */
  public static DeviceGate of(Device device, int concurrency) {
    int permits = concurrency;
    if (permits == 0) {
      permits = device.isGpu() ? EngineOptions.GPU_CONCURRENCY : Torch.callsPerMachine();
    }
    return GATES.computeIfAbsent(
        new Key(device, permits), key -> new DeviceGate(device, key.permits()));
  }

  /**
   * Makes a call as soon as there is room for it.
   *
   * @return what the call returned
   * @throws CancellationException if nobody waits for it any more; see {@link Cancellation}
   * @throws DeviceFailedException if the device fails, or failed before
   * @throws EngineException if the call fails for a reason that says nothing of the device
   */
  public <T> T pass(Supplier<T> call) {
    return pass(1, call);
  }

  /**
   * Makes a call as soon as no other is on the device, and keeps others out meanwhile: what fails
   * for lack of memory beside other calls may succeed alone.
   *
   * @return what the call returned
   * @throws CancellationException if nobody waits for it any more; see {@link Cancellation}
   * @throws DeviceFailedException if the device fails, or failed before
   * @throws EngineException if the call fails for a reason that says nothing of the device
   */
  public <T> T passAlone(Supplier<T> call) {
    return pass(size, call);
  }

  private <T> T pass(int room, Supplier<T> call) {
    try (Cancellation cancellation = Cancellation.begin()) {
      cancellation.acquire(permits, room);
      try {
        DeviceHealth.require(device);
        return call.get();
      } catch (EngineException e) {
        // A script that found the flag fails like any other.
        Cancellation.check();
        throw DeviceHealth.judged(device, e);
      } finally {
        permits.release(room);
      }
    }
  }
}
