package io.github.tommerspark.train;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.head.BoundaryHead;
import java.util.Arrays;
import java.util.Random;

/** Random numbers that the parameters of heads begin as. */
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

  /**
   * Initial weights of a boundary head: linear layers as torch.nn.Linear draws them.
   *
   * @param owner of the tensors
   * @param width of hidden states
   * @param window tokens of the longest span
   */
  static NDList boundary(
      PtNDManager owner, Random random, int width, int rank, HeadLayout layout, int window) {
    int token = layout.tokenSize();
    int size = layout.embeddingSize();
    int shares = BoundaryHead.CONTEXT * size;
    int probes = BoundaryHead.PROBES + layout.insideProbes();
    float[] inside = normal(random, 2 * layout.insideProbes());
    for (int i = 0; i < inside.length; i++) {
      inside[i] *= 0.1f;
    }
    // Few spans are mentions.
    float[] length = new float[window + 1];
    Arrays.fill(length, -3);
    return new NDList(
        owner.create(linear(random, token * width, width), new Shape(token, width)),
        owner.create(linear(random, token, width)),
        owner.create(linear(random, shares * token, token), new Shape(shares, token)),
        owner.create(linear(random, shares, token)),
        owner.create(linear(random, size * rank, size), new Shape(size, rank)),
        owner.create(linear(random, size * rank, size), new Shape(size, rank)),
        owner.create(linear(random, probes * size, size), new Shape(probes, size)),
        owner.create(linear(random, probes, size)),
        owner.create(inside, new Shape(2, inside.length / 2)),
        owner.create(length),
        owner.create(new float[BoundaryHead.RIVALS]));
  }

  /**
   * Initial weights of a published head (upstream {@code ToMMeR.__post_init__}): projections from a
   * normal distribution, the value weight and its bias as torch.nn.Linear draws them, features 1.
   *
   * @param owner of the tensors
   * @param width of hidden states
   */
  static NDList published(PtNDManager owner, Random random, int width, int rank) {
    return new NDList(
        owner.create(normal(random, width * rank), new Shape(width, rank)),
        owner.create(normal(random, width * rank), new Shape(width, rank)),
        owner.create(linear(random, width, width), new Shape(1, width)),
        owner.create(linear(random, 1, width)),
        owner.create(new float[] {1, 1, 1, 1, 1}));
  }
}
