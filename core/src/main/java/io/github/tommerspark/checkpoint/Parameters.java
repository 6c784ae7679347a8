package io.github.tommerspark.checkpoint;

import java.util.Locale;

/** Checks of the parameters of heads and classifiers. */
public final class Parameters {

  private Parameters() {}

  /**
   * Checks a parameter.
   *
   * @throws IllegalArgumentException naming it, when its size is another or it is not finite
   */
  public static void check(String name, float[] values, long expected) {
    if (values.length != expected) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "tensor \"%s\" has %d values, and %d are expected",
              name,
              values.length,
              expected));
    }
    checkFinite(name, values);
  }

  /**
   * Checks the values of a parameter.
   *
   * @throws IllegalArgumentException naming it, when it is not finite
   */
  public static void checkFinite(String name, float[] values) {
    if (!FloatConversion.allFinite(values)) {
      throw new IllegalArgumentException(
          "tensor \"%s\" has values that are not finite".formatted(name));
    }
  }
}
