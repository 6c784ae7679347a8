package io.github.tommerspark.train;

import java.util.Arrays;

/**
 * The loss of a span classifier and its gradients, written out by hand in float64, after the
 * equations of upstream's {@code classification.py}.
 */
final class ClassifierReference {

  /** Loss and gradients, these in the order of the parameters. */
  record Gradients(double loss, double[][] gradients) {}

  private final int layers;
  private final double[][] parameters;

  private final int embedding;
  private final int classes;

  /**
   * A classifier.
   *
   * @param parameters A [e][s], a [e]; with several layers B [e][e], b [e]; then class vectors
   *     [k][e]
   */
  ClassifierReference(int layers, double[][] parameters) {
    this.layers = layers;
    this.parameters = parameters;
    this.embedding = parameters[1].length;
    this.classes = parameters[parameters.length - 1].length / embedding;
  }

  /** Class vectors, [k][e]. */
  private double[][] vectors() {
    double[][] vectors = new double[classes][];
    int last = parameters.length - 1;
    for (int c = 0; c < classes; c++) {
      vectors[c] = Arrays.copyOfRange(parameters[last], c * embedding, (c + 1) * embedding);
    }
    return vectors;
  }

  Gradients of(double[][] x, int[] gold, double[][] known) {
    double[][] vectors = vectors();
    int spans = x.length;
    // inputs[i] goes into layer i, h is the embedding.
    double[][][] inputs = new double[spans][layers][];
    double[][][] before = new double[spans][layers][];
    double[][] h = new double[spans][];
    double[][] scores = new double[spans][classes];
    for (int s = 0; s < spans; s++) {
      double[] value = x[s];
      for (int layer = 0; layer < layers; layer++) {
        before[s][layer] = value;
        inputs[s][layer] = layer == 0 ? value : silu(value);
        value =
            affine(
                parameters[layer == 0 ? 0 : 2], parameters[layer == 0 ? 1 : 3], inputs[s][layer]);
      }
      h[s] = value;
      for (int c = 0; c < classes; c++) {
        for (int i = 0; i < embedding; i++) {
          scores[s][c] += vectors[c][i] * value[i];
        }
      }
    }
    double[][] byScore = new double[spans][classes];
    double loss = crossEntropy(scores, gold, known, byScore);
    return new Gradients(loss, backward(inputs, before, h, vectors, byScore));
  }

  private static double crossEntropy(
      double[][] scores, int[] gold, double[][] known, double[][] byScore) {
    double loss = 0;
    for (int s = 0; s < scores.length; s++) {
      double most = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < scores[s].length; c++) {
        most = known[s][c] == 1 ? Math.max(most, scores[s][c]) : most;
      }
      double sum = 0;
      for (int c = 0; c < scores[s].length; c++) {
        sum += known[s][c] == 1 ? Math.exp(scores[s][c] - most) : 0;
      }
      loss += Math.log(sum) + most - scores[s][gold[s]];
      for (int c = 0; c < scores[s].length; c++) {
        double share = known[s][c] == 1 ? Math.exp(scores[s][c] - most) / sum : 0;
        byScore[s][c] = (share - (c == gold[s] ? 1 : 0)) / scores.length;
      }
    }
    return loss / scores.length;
  }

  private double[][] backward(
      double[][][] inputs,
      double[][][] before,
      double[][] h,
      double[][] vectors,
      double[][] byScore) {
    double[][] gradients = new double[parameters.length][];
    for (int p = 0; p < gradients.length; p++) {
      gradients[p] = new double[parameters[p].length];
    }
    int last = parameters.length - 1;
    for (int s = 0; s < h.length; s++) {
      double[] byH = new double[embedding];
      for (int c = 0; c < classes; c++) {
        for (int i = 0; i < embedding; i++) {
          byH[i] += byScore[s][c] * vectors[c][i];
          gradients[last][c * embedding + i] += byScore[s][c] * h[s][i];
        }
      }
      for (int layer = layers - 1; layer >= 0; layer--) {
        int weight = layer == 0 ? 0 : 2;
        int width = inputs[s][layer].length;
        double[] byInput = new double[width];
        for (int i = 0; i < embedding; i++) {
          gradients[weight + 1][i] += byH[i];
          for (int j = 0; j < width; j++) {
            gradients[weight][i * width + j] += byH[i] * inputs[s][layer][j];
            byInput[j] += byH[i] * parameters[weight][i * width + j];
          }
        }
        if (layer > 0) {
          for (int j = 0; j < width; j++) {
            double value = before[s][layer][j];
            double sigmoid = 1 / (1 + Math.exp(-value));
            byInput[j] *= sigmoid * (1 + value * (1 - sigmoid));
          }
        }
        byH = byInput;
      }
    }
    return gradients;
  }

  private static double[] silu(double[] x) {
    return Arrays.stream(x).map(value -> value / (1 + Math.exp(-value))).toArray();
  }

  private static double[] affine(double[] weight, double[] bias, double[] x) {
    double[] y = bias.clone();
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < x.length; j++) {
        y[i] += weight[i * x.length + j] * x[j];
      }
    }
    return y;
  }
}
