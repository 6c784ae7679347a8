package io.github.tommerspark.head;

import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.Parameters;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A head that looks at the boundaries of a span, at what lies inside, and at its rivals: with p
 * numbers per token, s per token in its context and c probes whose extremes count, p·d + p + 5·s·p
 * + 5·s + 2·s·r + (3 + c)·(s + 1) + 2·c + window + 5 parameters.
 *
 * <p>Token i has the numbers x<sub>i</sub> = gelu(T·z<sub>i</sub> + t) and, in its context,
 * e<sub>i</sub> = gelu(Σ<sub>o=-2..2</sub> (C<sub>o</sub>·x<sub>i+o</sub> + c<sub>o</sub>)), where
 * tokens beyond the sequence add nothing. With probes p(i) = P·e<sub>i</sub> + π, the span from
 * token j to token i alone has the logit
 *
 * <pre>
 *   a_ij = (e_i·W_Q)·(e_j·W_K) / sqrt(r) + p_0(j) + p_1(i) + 1/8 Σ_{j≤t≤i} p_2(t)
 *     + Σ_k (v_k max_{j≤t≤i} p_{3+k}(t) + u_k min_{j≤t≤i} p_{3+k}(t)) + l_{i-j}
 * </pre>
 *
 * <p>and among its rivals that logit plus w<sub>0</sub>·ρ<sub>0</sub> + … +
 * w<sub>3</sub>·ρ<sub>3</sub>: the greatest probabilities (the logistic of a) of the shorter and of
 * the longer spans with the same end, and of the shorter and the longer ones with the same start; 0
 * where there is none.
 *
 * @param config the settings; the largest distance is its sliding window
 * @param hiddenSize the width d of the hidden states, at least 1
 * @param tokenSize the numbers p of a token, at least 1
 * @param size the numbers s of a token in its context, at least 1
 * @param inside the number c of probes whose extremes count, at least 1
 * @param values the parameters in the order of {@link #parameters}
 */
public record BoundaryHead(
    HeadConfig config,
    int hiddenSize,
    int tokenSize,
    int size,
    int inside,
    List<FloatTensor> values)
    implements Head {

  /** The names of the parameters in files, in the order of {@link #parameters}. */
  static final List<String> NAMES =
      List.of(
          "token.weight",
          "token.bias",
          "context.weight",
          "context.bias",
          "query.weight",
          "key.weight",
          "probe.weight",
          "probe.bias",
          "inside.weight",
          "length.bias",
          "rival.weight");

  /** Tokens that make the context of one: two before it, itself, and two after it. */
  public static final int CONTEXT = 5;

  /** Probes of a token beside those whose extremes count: as a start, as an end, and inside. */
  public static final int PROBES = 3;

  /** Kinds of rivals. */
  public static final int RIVALS = 4;

  /**
   * Checks that the parameters fit the sizes and are finite.
   *
   * @throws IllegalArgumentException naming the parameter, when one does not
   */
  public BoundaryHead {
    Objects.requireNonNull(config, "config");
    if (hiddenSize < 1 || tokenSize < 1 || size < 1 || inside < 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "hidden states have %d numbers, tokens %d, and %d in their context, and there are %d probes of extremes; all must be at least 1",
              hiddenSize,
              tokenSize,
              size,
              inside));
    }
    List<long[]> shapes = shapes(config, hiddenSize, tokenSize, size, inside);
    for (int i = 0; i < NAMES.size(); i++) {
      long expected = 1;
      for (long dimension : shapes.get(i)) {
        expected *= dimension;
      }
      Parameters.check(NAMES.get(i), values.get(i).values(), expected);
    }
    values = List.copyOf(values);
  }

  /** The shapes of the parameters, in their order. */
  static List<long[]> shapes(
      HeadConfig config, long hiddenSize, long tokenSize, long size, long inside) {
    return List.of(
        new long[] {tokenSize, hiddenSize},
        new long[] {tokenSize},
        new long[] {CONTEXT * size, tokenSize},
        new long[] {CONTEXT * size},
        new long[] {size, config.rank()},
        new long[] {size, config.rank()},
        new long[] {PROBES + inside, size},
        new long[] {PROBES + inside},
        new long[] {2, inside},
        new long[] {config.slidingWindow() + 1L},
        new long[] {RIVALS});
  }

  static BoundaryHead of(HeadConfig config, int hiddenSize, List<float[]> parameters) {
    int tokenSize = parameters.get(1).length;
    int size = parameters.get(3).length / CONTEXT;
    int inside = parameters.get(8).length / 2;
    List<long[]> shapes = shapes(config, hiddenSize, tokenSize, size, inside);
    return new BoundaryHead(
        config,
        hiddenSize,
        tokenSize,
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
    return String.format(
        Locale.ROOT,
        "BoundaryHead[%s, hiddenSize=%d, tokenSize=%d, size=%d, inside=%d]",
        config,
        hiddenSize,
        tokenSize,
        size,
        inside);
  }
}
