package io.github.tommerspark.train;

import java.util.Random;

/** Random numbers that parameters begin as. */
final class InitialWeights {

  private InitialWeights() {}

  /**
   * Draws parameters as torch.nn.Linear does: evenly from ±1/√inputs.
   *
   * @param count how many parameters
   * @param inputs of the layer, for its weight as for its bias
   */
  static float[] linear(Random random, int count, int inputs) {
    double bound = 1 / Math.sqrt(inputs);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  /** Draws parameters from the standard normal distribution. */
  static float[] normal(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
