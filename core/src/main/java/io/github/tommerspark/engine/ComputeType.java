package io.github.tommerspark.engine;

import ai.djl.Device;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The floating-point type in which a backbone's matrix products run. Heads always run in fp32. */
public enum ComputeType {
  /**
   * Chosen when the model is loaded: bf16 on a GPU, fp32 on a CPU. Jobs may have settled on another
   * type before, see {@link io.github.tommerspark.detect.DtypeChoice}.
   */
  AUTO,
  /** 32-bit floats: agrees with the published implementation to rounding. */
  FP32,
  /** bfloat16 weights and products. */
  BF16,
  /** IEEE half precision; for GPUs. */
  FP16;

  /**
   * The name used on the command line: {@code auto}, {@code fp32}, {@code bf16} or {@code fp16}.
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type to load in on a device: this one, or what {@link #AUTO} means there. */
  public ComputeType on(Device device) {
    if (this != AUTO) {
      return this;
    }
    return device.isGpu() ? BF16 : FP32;
  }

  /**
   * The type of that {@link #label()}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public static ComputeType parse(String label) {
    for (ComputeType type : values()) {
      if (type.label().equals(label)) {
        return type;
      }
    }
    throw new IllegalArgumentException(
        "Unknown dtype \"%s\": use one of %s"
            .formatted(
                label,
                Arrays.stream(values()).map(ComputeType::label).collect(Collectors.joining(", "))));
  }
}
