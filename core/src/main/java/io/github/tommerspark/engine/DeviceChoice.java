package io.github.tommerspark.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The device that a model is to run on. */
public enum DeviceChoice {
  /** A GPU when libtorch sees one, else the CPU. */
  AUTO,
  /** The CPU, also when there is a GPU. */
  CPU,
  /** A GPU; loading fails when there is none. */
  GPU;

  /** The name used on the command line: {@code auto}, {@code cpu} or {@code gpu}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The choice of that {@link #label()}.
   *
   * @throws IllegalArgumentException if there is none; the message lists the names
   */
  public static DeviceChoice parse(String label) {
    for (DeviceChoice choice : values()) {
      if (choice.label().equals(label)) {
        return choice;
      }
    }
    throw new IllegalArgumentException(
        "Unknown device \"%s\": use one of %s"
            .formatted(
                label,
                Arrays.stream(values())
                    .map(DeviceChoice::label)
                    .collect(Collectors.joining(", "))));
  }
}
