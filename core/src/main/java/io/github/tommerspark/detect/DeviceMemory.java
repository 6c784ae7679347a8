package io.github.tommerspark.detect;

import ai.djl.engine.EngineException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The number of tokens that the memory of a device is trusted with at once: what the user allows,
 * until a forward call fails for lack of memory; from then on half of what that call had. It never
 * grows again. Thread-safe.
 */
final class DeviceMemory {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);

  private final int simulated;
  private int budget;

  /**
   * Nothing has failed yet.
   *
   * @param budget tokens of a forward call that the user allows
   * @param simulated for tests: tokens above which {@link #require} fails; 0 for never
   */
  DeviceMemory(int budget, int simulated) {
    this.budget = budget;
    this.simulated = simulated;
  }

  /** Tokens that a forward call may have. */
  synchronized int budget() {
    return budget;
  }

  /**
   * Fails as libtorch does if a test wants the device to be too small for that.
   *
   * @throws EngineException if so
   */
  void require(int tokens) {
    if (simulated > 0 && tokens > simulated) {
      throw new EngineException(
          String.format(
              Locale.ROOT,
              "out of memory: %d tokens on a device that a test gave room for %d",
              tokens,
              simulated));
    }
  }

  /** A forward call of so many tokens failed for lack of memory. */
  synchronized void exhausted(int tokens) {
    int smaller = Math.max(1, tokens / 2);
    // Calls that were under way when another one failed say nothing new.
    if (smaller < budget) {
      budget = smaller;
      LOG.warn("Out of memory with {} tokens; forward calls now have at most {}", tokens, smaller);
    }
  }
}
