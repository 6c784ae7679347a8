package io.github.tommerspark.train;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * A setting of {@code engine/train.py} for a phase of training, in the order of its constants of
 * the same names, where each is explained. A switch is 1 or 0.
 */
enum Setting {
  WINDOW,
  CAUSAL,
  COSINE,
  SQUASH,
  POSITIVE_WEIGHT,
  OWN_LABEL,
  TARGET,
  TEMPERATURE,
  TEACHER_THRESHOLD,
  CLIP,
  BETA1,
  BETA2,
  EPSILON,
  DECAY,
  SELECTED,
  TENSORS,
  DROPOUT;

  /** The values of all settings, in their order. */
  static double[] values(ToDoubleFunction<Setting> value) {
    return Arrays.stream(values()).mapToDouble(value).toArray();
  }
}
