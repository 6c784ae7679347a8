package io.github.tommerspark.backbone;

/**
 * A backbone's norms.
 *
 * @param kind by what they divide
 * @param eps added to the mean square before its root is taken
 */
record Norm(Kind kind, double eps) {

  enum Kind {
    /** By the root of the mean square. */
    RMS,
    /** Around the mean, by the standard deviation. */
    LAYER
  }

  static Norm rms(double eps) {
    return new Norm(Kind.RMS, eps);
  }

  static Norm layer(double eps) {
    return new Norm(Kind.LAYER, eps);
  }
}
