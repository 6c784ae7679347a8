package io.github.tommerspark.train;

import java.util.Locale;

/**
 * Settings of the training of span classifiers. The defaults are upstream's ({@code
 * xp_learnClassification.py}), but for the embedding size.
 *
 * @param mlpLayers linear layers from a span's vector to its embedding
 * @param embeddingSize width of embeddings and class vectors
 * @param epochs passes over the data
 * @param batch documents of a batch
 * @param accumulation batches of a step
 * @param learningRate of AdamW
 * @param weightDecay of AdamW
 * @param clip limit of the norm of all gradients; 0 for none
 * @param seed of initial weights and of the order of documents
 */
public record ClassifierOptions(
    int mlpLayers,
    int embeddingSize,
    int epochs,
    int batch,
    int accumulation,
    double learningRate,
    double weightDecay,
    double clip,
    long seed) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  public ClassifierOptions {
    require(mlpLayers >= 1, "--mlp-layers must be at least 1, but is %s", mlpLayers);
    require(embeddingSize >= 1, "--embedding-size must be at least 1, but is %s", embeddingSize);
    require(epochs >= 1, "--epochs must be at least 1, but is %s", epochs);
    require(batch >= 1, "--batch must be at least 1, but is %s", batch);
    require(accumulation >= 1, "--accumulation must be at least 1, but is %s", accumulation);
    require(
        learningRate > 0 && Double.isFinite(learningRate),
        "--learning-rate must be positive, but is %s",
        learningRate);
    require(weightDecay >= 0, "--weight-decay must not be negative, but is %s", weightDecay);
    require(clip >= 0, "--clip must not be negative, but is %s", clip);
  }

  private static void require(boolean condition, String message, Object value) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(Locale.ROOT, message, value));
    }
  }

  /** Supervised training. */
  public static ClassifierOptions supervised() {
    return new ClassifierOptions(2, 256, 15, 16, 2, 1e-3, 1e-5, 0.5, 0);
  }

  /** This training with other sizes. */
  public ClassifierOptions withSizes(int otherMlpLayers, int otherEmbeddingSize) {
    return new ClassifierOptions(
        otherMlpLayers,
        otherEmbeddingSize,
        epochs,
        batch,
        accumulation,
        learningRate,
        weightDecay,
        clip,
        seed);
  }

  /** This training with another seed. */
  public ClassifierOptions withSeed(long other) {
    return new ClassifierOptions(
        mlpLayers,
        embeddingSize,
        epochs,
        batch,
        accumulation,
        learningRate,
        weightDecay,
        clip,
        other);
  }

  /** The settings as {@code engine/train_classifier.py} takes them. */
  double[] settings(int step) {
    return new double[] {
      mlpLayers, clip, 0.9, 0.999, 1e-8, weightDecay, accumulation, learningRate, step
    };
  }
}
