package io.github.tommerspark.train;

import java.util.Arrays;

/**
 * Brings every dimension of span vectors to mean 0 and variance 1 for training: hidden states have
 * dimensions a hundred times as large as others, on which gradient steps of one size fail. It is
 * undone in the parameters of the layer that reads them, so that a classifier's equations do not
 * know of it.
 *
 * @param mean of each dimension
 * @param scale standard deviation of each dimension; 1 where it does not vary
 */
record Standardization(double[] mean, double[] scale) {

  /** Collects vectors. */
  static final class Statistics {
    private final double[] means;
    private final double[] squares;
    private long count;

    Statistics(int width) {
      means = new double[width];
      squares = new double[width];
    }

    /** Adds a vector (Welford's method). */
    void add(float[] vector) {
      count++;
      for (int i = 0; i < means.length; i++) {
        double before = vector[i] - means[i];
        means[i] += before / count;
        squares[i] += before * (vector[i] - means[i]);
      }
    }

    Standardization standardization() {
      double[] scale = new double[means.length];
      for (int i = 0; i < scale.length; i++) {
        double deviation = count == 0 ? 0 : Math.sqrt(squares[i] / count);
        scale[i] = deviation > 0 ? deviation : 1;
      }
      return new Standardization(means.clone(), scale);
    }
  }

  /** One that leaves vectors as they are. */
  static Standardization none(int width) {
    double[] scale = new double[width];
    Arrays.fill(scale, 1);
    return new Standardization(new double[width], scale);
  }

  /** Of the last dimensions alone. */
  Standardization last(int width) {
    return new Standardization(
        Arrays.copyOfRange(mean, mean.length - width, mean.length),
        Arrays.copyOfRange(scale, scale.length - width, scale.length));
  }

  /** Standardises vectors that stand one after the other, in place. */
  void apply(float[] vectors) {
    for (int i = 0; i < vectors.length; i++) {
      int dimension = i % mean.length;
      vectors[i] = (float) ((vectors[i] - mean[dimension]) / scale[dimension]);
    }
  }

  /**
   * A linear layer for vectors as they are, from one for standardised ones.
   *
   * @param weight [outputs][width]; changed in place
   * @param bias [outputs]; changed in place
   */
  void undo(float[] weight, float[] bias) {
    int width = mean.length;
    for (int row = 0; row < bias.length; row++) {
      double shift = 0;
      for (int i = 0; i < width; i++) {
        double value = weight[row * width + i] / scale[i];
        shift += value * mean[i];
        weight[row * width + i] = (float) value;
      }
      bias[row] = (float) (bias[row] - shift);
    }
  }

  /** The opposite of {@link #undo}. */
  void redo(float[] weight, float[] bias) {
    int width = mean.length;
    for (int row = 0; row < bias.length; row++) {
      double shift = 0;
      for (int i = 0; i < width; i++) {
        double value = weight[row * width + i];
        shift += value * mean[i];
        weight[row * width + i] = (float) (value * scale[i]);
      }
      bias[row] = (float) (bias[row] + shift);
    }
  }
}
