package io.github.tommerspark.spark;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The rule that turns the address of a GPU, which Spark assigns to a task, into CUDA's number of
 * it.
 *
 * <p>The two differ where the discovery script counts the GPUs of the machine, while CUDA counts
 * only those that the container, or {@code CUDA_VISIBLE_DEVICES}, lets the executor see.
 */
public enum GpuAddressing {
  /** The address is the number: the script counts as CUDA does. */
  ORDINAL,

  /**
   * The address names a GPU of the machine, by number or UUID, and CUDA numbers those that are
   * visible from 0: the position in {@code CUDA_VISIBLE_DEVICES}; without that variable 0, if a
   * single GPU is visible.
   */
  VISIBLE;

  /** The Spark property that chooses one. */
  public static final String PROPERTY = "spark.tommer.gpu.addressing";

  /** The value of {@link #PROPERTY}: {@code ordinal} or {@code visible}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The one of that {@link #label()}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the labels
   */
  public static GpuAddressing parse(String label) {
    for (GpuAddressing addressing : values()) {
      if (addressing.label().equals(label)) {
        return addressing;
      }
    }
    throw new IllegalArgumentException(
        "Cannot understand %s=%s: use one of %s"
            .formatted(
                PROPERTY,
                label,
                Arrays.stream(values())
                    .map(GpuAddressing::label)
                    .collect(Collectors.joining(", "))));
  }

  /**
   * The CUDA ordinal of a GPU.
   *
   * @param address as Spark gives it to the task
   * @param visibleDevices the value of CUDA_VISIBLE_DEVICES; null if it is not set
   * @param gpuCount GPUs that CUDA sees in this process
   * @return the ordinal, from 0; whether there is a GPU of that ordinal is not checked
   * @throws IllegalStateException if the address is not one that can be resolved; the message says
   *     what was found and what to do
   */
  int ordinal(String address, String visibleDevices, int gpuCount) {
    String given = address.strip();
    if (this == ORDINAL) {
      if (!isNumber(given)) {
        throw new IllegalStateException(
            "Cannot use GPU address \"%s\": it is not a number; let the discovery script print numbers, or set %s=visible"
                .formatted(address, PROPERTY));
      }
      return Integer.parseInt(given);
    }
    if (visibleDevices != null) {
      List<String> visible = Arrays.stream(visibleDevices.split(",")).map(String::strip).toList();
      for (int i = 0; i < visible.size(); i++) {
        if (names(visible.get(i), given)) {
          return i;
        }
      }
      if (visible.size() == 1 && !visible.get(0).isEmpty()) {
        return 0;
      }
    } else if (gpuCount == 1) {
      return 0;
    }
    throw new IllegalStateException(
        String.format(
            Locale.ROOT,
            "Cannot find GPU address \"%s\" among the visible ones: CUDA_VISIBLE_DEVICES is %s and %d GPU(s) are visible; make them agree, or set %s=ordinal",
            address,
            visibleDevices == null ? "not set" : "\"" + visibleDevices + "\"",
            gpuCount,
            PROPERTY));
  }

  /** Numbers name a GPU as they are, UUIDs also by their beginning, as CUDA allows. */
  private static boolean names(String visible, String address) {
    if (isNumber(visible) && isNumber(address)) {
      return Integer.parseInt(visible) == Integer.parseInt(address);
    }
    return visible.startsWith("GPU-") && address.startsWith(visible);
  }

  private static boolean isNumber(String address) {
    return address.matches("\\d{1,6}");
  }
}
