package io.github.tommerspark.engine;

import java.io.Serializable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the engine; nothing here changes which mentions are found beyond rounding.
 *
 * @param dtype floating-point type of the backbone's products
 * @param device where to run
 * @param deviceOrdinal which GPU, as libtorch counts them from 0; ignored on a CPU
 * @param batchTokens upper bound of the tokens of one forward call; a single longer window is still
 *     one call
 * @param trustBackbone whether a backbone may be a TorchScript file, which is code that runs with
 *     the rights of this process
 * @param deviceConcurrency forward calls that may run on a device at once; 0 for the default, see
 *     {@link DeviceGate#of}
 * @param provoked for tests: what goes wrong, or slowly
 */
public record EngineOptions(
    ComputeType dtype,
    DeviceChoice device,
    int deviceOrdinal,
    int batchTokens,
    boolean trustBackbone,
    int deviceConcurrency,
    Provoked provoked)
    implements Serializable {

  /**
   * Conditions that tests bring about.
   *
   * @param memoryTokens tokens of a forward call above which it fails as if the device were out of
   *     memory; 0 to leave that to the device
   * @param callMicros microseconds that a simulated device, which serves one call at a time, takes
   *     for each forward call, finding spans at random; 0 to compute
   * @param faults which forward calls fail, see {@link InjectedFaults}; null for none
   */
  public record Provoked(int memoryTokens, int callMicros, @Nullable String faults)
      implements Serializable {

    /** Nothing out of the ordinary. */
    public static final Provoked NOTHING = new Provoked(0, 0, null);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public Provoked {
      if (callMicros < 0) {
        throw new IllegalArgumentException(
            "The time of a simulated call must not be negative, but is " + callMicros);
      }
      if (memoryTokens < 0) {
        throw new IllegalArgumentException(
            "The tokens that memory is to suffice for must not be negative, but are "
                + memoryTokens);
      }
    }
  }

  /** Forward calls on a GPU at once: while one computes, the next is sent. */
  public static final int GPU_CONCURRENCY = 2;

  /** Tokens of one forward call unless told otherwise. */
  public static final int DEFAULT_BATCH_TOKENS = 2048;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if batchTokens is below 1, or another number negative
   */
  public EngineOptions {
    if (batchTokens < 1) {
      throw new IllegalArgumentException("‹batchTokens› must be at least 1, but is " + batchTokens);
    }
    if (deviceOrdinal < 0) {
      throw new IllegalArgumentException(
          "The GPU's number must not be negative, but is " + deviceOrdinal);
    }
    if (deviceConcurrency < 0) {
      throw new IllegalArgumentException(
          "‹deviceConcurrency› must not be negative, but is " + deviceConcurrency);
    }
  }

  /** Everything chosen by what the machine has. */
  public static EngineOptions defaults() {
    return new EngineOptions(
        ComputeType.AUTO, DeviceChoice.AUTO, 0, DEFAULT_BATCH_TOKENS, false, 0, Provoked.NOTHING);
  }

  /** These options with another dtype. */
  public EngineOptions withDtype(ComputeType dtype) {
    return with(change -> change.dtype = dtype);
  }

  /** These options with another device. */
  public EngineOptions withDevice(DeviceChoice device, int deviceOrdinal) {
    return with(
        change -> {
          change.device = device;
          change.deviceOrdinal = deviceOrdinal;
        });
  }

  /** These options with another bound on the tokens of a forward call. */
  public EngineOptions withBatchTokens(int batchTokens) {
    return with(change -> change.batchTokens = batchTokens);
  }

  /** These options with the user's own TorchScript backbones allowed or refused. */
  public EngineOptions withTrustBackbone(boolean trustBackbone) {
    return with(change -> change.trustBackbone = trustBackbone);
  }

  /** These options with another bound on the forward calls that run on a device at once. */
  public EngineOptions withDeviceConcurrency(int deviceConcurrency) {
    return with(change -> change.deviceConcurrency = deviceConcurrency);
  }

  /** For tests: these options on a device that runs out of memory with more tokens than that. */
  public EngineOptions withMemoryTokens(int memoryTokens) {
    return withProvoked(new Provoked(memoryTokens, provoked.callMicros(), provoked.faults()));
  }

  /** For tests: these options on a simulated device that takes so long for each forward call. */
  public EngineOptions withCallMicros(int callMicros) {
    return withProvoked(new Provoked(provoked.memoryTokens(), callMicros, provoked.faults()));
  }

  /** For tests: these options on a device on which such forward calls fail. */
  public EngineOptions withFaults(@Nullable String faults) {
    return withProvoked(new Provoked(provoked.memoryTokens(), provoked.callMicros(), faults));
  }

  private EngineOptions withProvoked(Provoked provoked) {
    return with(change -> change.provoked = provoked);
  }

  private EngineOptions with(Consumer<Change> edit) {
    Change change = new Change(this);
    edit.accept(change);
    return change.options();
  }

  /** A copy that may be changed. */
  private static final class Change {
    private ComputeType dtype;
    private DeviceChoice device;
    private int deviceOrdinal;
    private int batchTokens;
    private boolean trustBackbone;
    private int deviceConcurrency;
    private Provoked provoked;

    private Change(EngineOptions options) {
      this.dtype = options.dtype;
      this.device = options.device;
      this.deviceOrdinal = options.deviceOrdinal;
      this.batchTokens = options.batchTokens;
      this.trustBackbone = options.trustBackbone;
      this.deviceConcurrency = options.deviceConcurrency;
      this.provoked = options.provoked;
    }

    private EngineOptions options() {
      return new EngineOptions(
          dtype, device, deviceOrdinal, batchTokens, trustBackbone, deviceConcurrency, provoked);
    }
  }
}
