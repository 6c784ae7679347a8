package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.engine.ScriptModule;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Losses and gradients of label models against the same equations by hand, in float64. */
class LabelGradientTest {
  private static final int SPANS = 9;
  private static final int LABELS = 7;
  private static final int SPAN_WIDTH = 6;
  private static final int WIDTH = 2;
  private static final int EMBEDDING = 3;
  private static final long[][] SHAPES = {
    {5, SPAN_WIDTH},
    {5},
    {EMBEDDING, 5},
    {EMBEDDING},
    {4, WIDTH},
    {4},
    {EMBEDDING + 1, 4},
    {EMBEDDING + 1},
    {1}
  };

  private static ScriptModule module;

  private final Random random = new Random(4);
  // Small, since the reference's error function is a series.
  private final double[] x = scaled(gaussian(SPANS * SPAN_WIDTH));
  private final double[] states = scaled(gaussian(LABELS * WIDTH));
  private final double[][] parameters =
      Arrays.stream(SHAPES)
          .map(shape -> gaussian((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)))
          .toArray(double[][]::new);
  private final double[] spanWeights = random.doubles(SPANS).toArray();
  // Two data sets; the second says nothing of some labels.
  private final double[] known = {1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1};
  private final long[] sets = {0, 1, 0, 1, 1, 0, 0, 1, 0};
  private final long[] fitting = {0, 0, 1, 3, 8, 2, 4, 1, 6, 0};
  private final long[] near = {0, 1, 5, 4, 1, 2};

  @BeforeAll
  static void load() {
    module = ScriptModule.load(LabelScript.SOURCES, Map.of(), Device.cpu());
  }

  @AfterAll
  static void close() {
    module.close();
  }

  private double[] gaussian(int count) {
    return random.doubles(count).map(u -> random.nextGaussian()).toArray();
  }

  private static double[] scaled(double[] values) {
    return Arrays.stream(values).map(value -> 0.3 * value).toArray();
  }

  private static double[] settings(double dropout, int seed) {
    return new double[] {3, 0.1, dropout, 0, 0.9, 0.999, 1e-8, 0.01, 1e-3, 1, seed};
  }

  private double[][] found(PtNDManager call, double dropout, int seed) {
    NDList all = new NDList();
    for (int p = 0; p < parameters.length; p++) {
      all.add(module.doubles(call, parameters[p], SHAPES[p]));
    }
    double[] settings = settings(dropout, seed);
    NDList found =
        module.runRecording(
            call,
            "loss_and_gradients",
            List.of(
                new NDList(
                    module.doubles(call, x, SPANS, SPAN_WIDTH),
                    module.doubles(call, spanWeights, SPANS),
                    module.doubles(call, known, 2, LABELS)),
                new NDList(
                    module.longs(call, sets, SPANS),
                    module.longs(call, fitting, 2, fitting.length / 2),
                    module.longs(call, near, 2, near.length / 2)),
                all,
                new NDList(module.doubles(call, states, LABELS, WIDTH)),
                new NDList(module.doubles(call, settings, settings.length))));
    return found.stream().map(array -> array.toDoubleArray()).toArray(double[][]::new);
  }

  @Test
  void lossAndGradientsAreThoseOfTheEquations() {
    try (PtNDManager call = module.newCallManager()) {
      double[][] found = found(call, 0, 1);
      assertThat(found[0][0]).isCloseTo(loss(parameters), within(1e-10));
      double step = 1e-6;
      for (int p = 0; p < parameters.length; p++) {
        for (int i = 0; i < parameters[p].length; i++) {
          double slope = (lossWith(p, i, step) - lossWith(p, i, -step)) / (2 * step);
          assertThat(found[p + 1][i]).as("parameter %d, %d", p, i).isCloseTo(slope, within(1e-6));
        }
      }
    }
  }

  @Test
  void dropoutIsOfTheSeed() {
    try (PtNDManager call = module.newCallManager()) {
      double whole = found(call, 0, 1)[0][0];
      double first = found(call, 0.4, 1)[0][0];
      assertThat(first).isNotEqualTo(whole).isEqualTo(found(call, 0.4, 1)[0][0]);
      assertThat(found(call, 0.4, 2)[0][0]).isNotEqualTo(first);
    }
  }

  private double lossWith(int parameter, int index, double step) {
    double[][] moved = parameters.clone();
    moved[parameter] = moved[parameter].clone();
    moved[parameter][index] += step;
    return loss(moved);
  }

  private double loss(double[][] w) {
    double loss = 0;
    for (int span = 0; span < SPANS; span++) {
      double[] mention =
          direction(
              layers(w, 0, Arrays.copyOfRange(x, span * SPAN_WIDTH, (span + 1) * SPAN_WIDTH)));
      for (int label = 0; label < LABELS; label++) {
        double[] y = layers(w, 4, Arrays.copyOfRange(states, label * WIDTH, (label + 1) * WIDTH));
        double[] of = direction(Arrays.copyOf(y, EMBEDDING));
        double logit = y[EMBEDDING] - 5;
        for (int i = 0; i < EMBEDDING; i++) {
          logit += Math.exp(w[8][0]) * mention[i] * of[i];
        }
        boolean fits = contains(fitting, span, label);
        double weight = fits ? 3 : contains(near, span, label) ? 0.1 : 1;
        loss +=
            weight
                * spanWeights[span]
                * known[(int) sets[span] * LABELS + label]
                * Math.log1p(Math.exp(fits ? -logit : logit))
                / SPANS;
      }
    }
    return loss;
  }

  private static boolean contains(long[] cells, int span, int label) {
    int count = cells.length / 2;
    for (int i = 0; i < count; i++) {
      if (cells[i] == span && cells[count + i] == label) {
        return true;
      }
    }
    return false;
  }

  private static double[] layers(double[][] w, int from, double[] input) {
    double[] hidden = linear(w[from], w[from + 1], input);
    return linear(w[from + 2], w[from + 3], Arrays.stream(hidden).map(h -> gelu(h)).toArray());
  }

  private static double[] linear(double[] weight, double[] bias, double[] input) {
    double[] y = bias.clone();
    for (int i = 0; i < y.length; i++) {
      for (int j = 0; j < input.length; j++) {
        y[i] += weight[i * input.length + j] * input[j];
      }
    }
    return y;
  }

  private static double[] direction(double[] values) {
    double length = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    return Arrays.stream(values).map(v -> v / length).toArray();
  }

  private static double gelu(double value) {
    // The error function by its series.
    double z = value / Math.sqrt(2);
    double term = z;
    double sum = z;
    for (int n = 1; n < 300; n++) {
      term *= -z * z / n;
      sum += term / (2 * n + 1);
    }
    return value * 0.5 * (1 + 2 / Math.sqrt(Math.PI) * sum);
  }
}
