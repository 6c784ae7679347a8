package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.FloatTensor;
import java.util.List;

/**
 * A head: settings and parameters that give every span of hidden states a logit.
 *
 * <p>Immutable, but for arrays, which are shared: whoever makes a head gives them away.
 */
public sealed interface Head permits PublishedHead, BoundaryHead {

  /** The settings. */
  HeadConfig config();

  /** The width d of the hidden states that it reads. */
  int hiddenSize();

  /** The parameters in the order and with the shapes in which the engine's script takes them. */
  List<FloatTensor> parameters();

  /** The number of parameters. */
  default long parameterCount() {
    return parameters().stream().mapToLong(tensor -> tensor.values().length).sum();
  }

  /** This head with another answer to whether mentions respect word boundaries. */
  default Head withWordBoundaries(boolean wordBoundaries) {
    return of(
        config().withAdditions(config().additions().withWordBoundaries(wordBoundaries)),
        hiddenSize(),
        parameters().stream().map(FloatTensor::values).toList());
  }

  /**
   * Makes a head of the type that its settings name.
   *
   * @param hiddenSize the width d of the hidden states
   * @param parameters in the order of {@link #parameters}, each in row-major order
   * @throws IllegalArgumentException naming the parameter, when one does not fit
   */
  static Head of(HeadConfig config, int hiddenSize, List<float[]> parameters) {
    return switch (config.type()) {
      case PUBLISHED -> PublishedHead.of(config, hiddenSize, parameters);
      case BOUNDARY -> BoundaryHead.of(config, hiddenSize, parameters);
    };
  }
}
