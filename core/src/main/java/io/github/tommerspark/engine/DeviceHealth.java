package io.github.tommerspark.engine;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The devices that this process can use no more. After an error of CUDA every further call of the
 * process on that device fails, or worse, does not: so it is not asked again. Another process may
 * find the device well. Thread-safe.
 */
public final class DeviceHealth {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceHealth.class);

  /** Words of CUDA and its libraries, in lower case. */
  private static final List<String> FATAL =
      List.of("cuda error", "cuda driver error", "cublas_status", "cudnn_status", "device-side");

  /** Words by which libtorch, CUDA's libraries and the C++ library report lack of memory. */
  private static final List<String> EXHAUSTED =
      List.of(
          "out of memory",
          "not enough memory",
          "can't allocate memory",
          "alloc_failed",
          "bad_alloc");

  private static final ConcurrentHashMap<Device, String> LOST = new ConcurrentHashMap<>();

  private DeviceHealth() {}

  /**
   * Makes sure that a device may be used.
   *
   * @throws DeviceFailedException if it failed before
   */
  public static void require(Device device) {
    String reason = LOST.get(device);
    if (reason != null) {
      throw new DeviceFailedException(
          "%s failed in this process, which does not use it any more: %s"
              .formatted(name(device), reason),
          null);
    }
  }

  /** Devices that failed. */
  public static int lost() {
    return LOST.size();
  }

  /** Returns whether a call failed for lack of memory. */
  public static boolean isMemoryExhausted(EngineException e) {
    return mentions(e, EXHAUSTED);
  }

  /**
   * Judges the failure of a call.
   *
   * @return the failure itself if it says nothing of the device; else a {@link
   *     DeviceFailedException}, after which the device is not used any more
   */
  static RuntimeException judged(Device device, EngineException e) {
    if (!mentions(e, FATAL) || isMemoryExhausted(e)) {
      return e;
    }
    String reason = EngineFailure.line(e);
    if (LOST.putIfAbsent(device, reason) == null) {
      LOG.error("{} failed and is not used any more in this process", name(device), e);
    }
    return new DeviceFailedException("%s failed: %s".formatted(name(device), reason), e);
  }

  private static boolean mentions(EngineException e, List<String> words) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return words.stream().anyMatch(message::contains);
  }

  private static String name(Device device) {
    return device.isGpu() ? "GPU " + device.getDeviceId() : "The CPU";
  }

  /** For tests, which share a process: forgets a failure. */
  static void forget(Device device) {
    LOST.remove(device);
  }
}
