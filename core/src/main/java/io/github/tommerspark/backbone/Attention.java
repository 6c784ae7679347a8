package io.github.tommerspark.backbone;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A backbone's attention.
 *
 * @param heads its heads
 * @param projection how queries, keys and values come out of the weights
 * @param causal whether a token sees only itself and what is before it
 * @param windows for each layer how far a token sees: under a causal mask so many tokens including
 *     itself, without one so many to either side; 0 is unlimited
 * @param scales for each layer what scores are multiplied by
 * @param softCap what scores are bounded by, smoothly; 0 for no bound
 */
record Attention(
    Heads heads,
    Projection projection,
    boolean causal,
    List<Integer> windows,
    List<Double> scales,
    double softCap) {

  enum Projection {
    /** By three matrices. */
    SEPARATE,
    /** By one matrix: all queries, all keys, all values. */
    FUSED,
    /** By one matrix: queries, keys and values of head after head. */
    PER_HEAD
  }

  /** Attention to oneself and all that is before, scaled by the root of a head's width. */
  static Attention causal(Heads heads, Projection projection, int layers) {
    return unlimited(heads, projection, true, layers);
  }

  /** Attention to everything, scaled by the root of a head's width. */
  static Attention bidirectional(Heads heads, Projection projection, int layers) {
    return unlimited(heads, projection, false, layers);
  }

  private static Attention unlimited(
      Heads heads, Projection projection, boolean causal, int layers) {
    List<Integer> windows = Collections.nCopies(layers, 0);
    List<Double> scales = Collections.nCopies(layers, 1 / Math.sqrt(heads.width()));
    return new Attention(heads, projection, causal, windows, scales, 0);
  }

  Attention withWindows(List<Integer> windows) {
    return new Attention(heads, projection, causal, windows, scales, softCap);
  }

  /** The same scale in every layer. */
  Attention withScale(double scale) {
    List<Double> scales = Collections.nCopies(windows.size(), scale);
    return new Attention(heads, projection, causal, windows, scales, softCap);
  }

  /** Scores are divided by the number of the layer, from 1, too. */
  Attention dividedByLayer() {
    List<Double> divided =
        IntStream.range(0, scales.size()).mapToObj(i -> scales.get(i) / (i + 1)).toList();
    return new Attention(heads, projection, causal, windows, divided, softCap);
  }

  Attention withSoftCap(double softCap) {
    return new Attention(heads, projection, causal, windows, scales, softCap);
  }
}
