package io.github.tommerspark.gguf;

/** The frequency factors of Llama 3.1 and later, which are all computed from the same settings. */
final class Llama3Factors {

  static final double LOW = 1;
  static final double HIGH = 4;
  static final int TRAINED = 8192;

  private static final double TOLERANCE = 1e-4;

  private Llama3Factors() {}

  /**
   * Compares factors with those that the settings give.
   *
   * @param table by which each frequency is divided, highest frequency first
   * @param theta base of the frequencies
   * @param factor by which the lowest ones are divided
   */
  static boolean equal(float[] table, double theta, double factor) {
    for (int i = 0; i < table.length; i++) {
      double wavelength = 2 * Math.PI * Math.pow(theta, (double) i / table.length);
      double expected;
      if (wavelength < TRAINED / HIGH) {
        expected = 1;
      } else if (wavelength > TRAINED / LOW) {
        expected = factor;
      } else {
        double smooth = (TRAINED / wavelength - LOW) / (HIGH - LOW);
        expected = 1 / ((1 - smooth) / factor + smooth);
      }
      // Also false for NaN.
      if (!(Math.abs(table[i] - expected) <= TOLERANCE * expected)) {
        return false;
      }
    }
    return true;
  }
}
