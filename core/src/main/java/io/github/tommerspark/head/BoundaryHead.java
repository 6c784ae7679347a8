package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.FloatTensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A head that looks at the boundaries of a span and at what lies inside: with s numbers per token
 * and c probes whose extremes count, 3·s·d + 3·s + 2·s·r + (3 + c)·(s + 1) + 2·c + window + 1
 * parameters.
 *
 * <p>The embedding of token i is e<sub>i</sub> = gelu(A·z<sub>i</sub> + a + B·z<sub>i-1</sub> + b +
 * C·z<sub>i+1</sub> + c), where a neighbour beyond the sequence adds nothing. With probes p(i) =
 * P·e<sub>i</sub> + π, the logit of the span from token j to token i is
 *
 * <pre>
 *   (e_i·W_Q)·(e_j·W_K) / sqrt(r) + p_0(j) + p_1(i) + 1/8 Σ_{j≤t≤i} p_2(t)
 *     + Σ_k (v_k max_{j≤t≤i} p_{3+k}(t) + u_k min_{j≤t≤i} p_{3+k}(t)) + l_{i-j}
 * </pre>
 *
 * @param config the settings; the largest distance is its sliding window
 * @param hiddenSize the width d of the hidden states, at least 1
 * @param size the width s of token embeddings, at least 1
 * @param inside the number c of probes whose extremes count, at least 1
 * @param values the parameters in the order of {@link #parameters}
 */
public record BoundaryHead(
    HeadConfig config, int hiddenSize, int size, int inside, List<FloatTensor> values)
    implements Head {

  /** The names of the parameters in files, in the order of {@link #parameters}. */
  static final List<String> NAMES =
      List.of(
          "token.weight",
          "token.bias",
          "query.weight",
          "key.weight",
          "probe.weight",
          "probe.bias",
          "inside.weight",
          "length.bias");

  /** Probes of a token beside those whose extremes count: as a start, as an end, and inside. */
  public static final int PROBES = 3;

  /**
   * Checks that the parameters fit the sizes and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public BoundaryHead {
    Objects.requireNonNull(config, "config");
    if (hiddenSize < 1 || size < 1 || inside < 1) {
      throw new IllegalArgumentException(
          "the hidden size is %d, the embedding's %d, and there are %d probes of extremes; all must be at least 1"
              .formatted(hiddenSize, size, inside));
    }
    List<long[]> shapes = shapes(config, hiddenSize, size, inside);
    for (int i = 0; i < NAMES.size(); i++) {
      long expected = 1;
      for (long dimension : shapes.get(i)) {
        expected *= dimension;
      }
      Head.check(NAMES.get(i), values.get(i).values(), expected);
    }
    values = List.copyOf(values);
  }

  /** The shapes of the parameters, in their order. */
  static List<long[]> shapes(HeadConfig config, long hiddenSize, long size, long inside) {
    return List.of(
        new long[] {3 * size, hiddenSize},
        new long[] {3 * size},
        new long[] {size, config.rank()},
        new long[] {size, config.rank()},
        new long[] {PROBES + inside, size},
        new long[] {PROBES + inside},
        new long[] {2, inside},
        new long[] {config.slidingWindow() + 1L});
  }

  static BoundaryHead of(HeadConfig config, int hiddenSize, List<float[]> parameters) {
    int size = parameters.get(1).length / 3;
    int inside = parameters.get(6).length / 2;
    List<long[]> shapes = shapes(config, hiddenSize, size, inside);
    return new BoundaryHead(
        config,
        hiddenSize,
        size,
        inside,
        IntStream.range(0, shapes.size())
            .mapToObj(i -> new FloatTensor(shapes.get(i), parameters.get(i)))
            .toList());
  }

  @Override
  public List<FloatTensor> parameters() {
    return values;
  }

  @Override
  public String toString() {
    return "BoundaryHead[%s, hiddenSize=%d, size=%d, inside=%d]"
        .formatted(config, hiddenSize, size, inside);
  }
}
