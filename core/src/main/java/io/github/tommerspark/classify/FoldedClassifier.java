package io.github.tommerspark.classify;

import java.util.Arrays;

/**
 * A classifier as the engine runs it: its last linear layer and the class vectors are one matrix,
 * since nothing stands between them. So a span costs e additions and k products of e numbers beside
 * two products per token, whatever the number of spans.
 *
 * <p>With a single layer the input layer itself is folded, and nothing is embedded at all.
 *
 * @param classifier what was folded
 * @param input matrix of the first layer, [width][s]
 * @param inputBias its bias, [width]
 * @param width e, or with a single layer the number of classes k
 * @param repeats how often the hidden layer runs before the folded one
 * @param output folded matrix, [k][e]; empty with a single layer
 * @param outputBias folded bias, [k]; empty with a single layer
 */
public record FoldedClassifier(
    SpanClassifier classifier,
    float[] input,
    float[] inputBias,
    int width,
    int repeats,
    float[] output,
    float[] outputBias) {

  /** Folds a classifier. */
  public static FoldedClassifier of(SpanClassifier classifier) {
    ClassifierConfig config = classifier.config();
    int classes = config.classes().size();
    int embedding = config.embeddingSize();
    if (config.mlpLayers() == 1) {
      return new FoldedClassifier(
          classifier,
          product(
              classifier.classVectors(), classifier.inputWeight(), embedding, config.spanWidth()),
          product(classifier.classVectors(), classifier.inputBias(), embedding, 1),
          classes,
          0,
          new float[0],
          new float[0]);
    }
    return new FoldedClassifier(
        classifier,
        classifier.inputWeight(),
        classifier.inputBias(),
        embedding,
        config.mlpLayers() - 2,
        product(classifier.classVectors(), classifier.hiddenWeight(), embedding, embedding),
        product(classifier.classVectors(), classifier.hiddenBias(), embedding, 1));
  }

  /** (n × inner) times (inner × columns), summed in float64. */
  private static float[] product(float[] left, float[] right, int inner, int columns) {
    int rows = left.length / inner;
    float[] product = new float[rows * columns];
    double[] sums = new double[columns];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sums, 0);
      for (int i = 0; i < inner; i++) {
        double factor = left[row * inner + i];
        for (int column = 0; column < columns; column++) {
          sums[column] += factor * right[i * columns + column];
        }
      }
      for (int column = 0; column < columns; column++) {
        product[row * columns + column] = (float) sums[column];
      }
    }
    return product;
  }
}
