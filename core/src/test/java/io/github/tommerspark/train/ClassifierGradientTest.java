package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.github.tommerspark.engine.ScriptModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses, gradients and steps of span classifiers against the same equations by hand. */
class ClassifierGradientTest {
  private static final int SPANS = 23;
  private static final int SPAN_WIDTH = 6;
  private static final int EMBEDDING = 5;
  private static final int CLASSES = 4;

  private static ScriptModule module;

  @BeforeAll
  static void load() {
    module = ScriptModule.load(List.of("optimizer", "train_classifier"), Map.of(), Device.cpu());
  }

  @AfterAll
  static void close() {
    module.close();
  }

  /** A batch in which every data set marks other classes. */
  private static final class Problem {
    final double[][] x = new double[SPANS][];
    final int[] gold = new int[SPANS];
    final double[][] known = new double[SPANS][CLASSES];
    final double[][] parameters;
    final long[][] shapes;

    Problem(int layers, long seed) {
      Random random = new Random(seed);
      for (int s = 0; s < SPANS; s++) {
        x[s] = gaussian(random, SPAN_WIDTH);
        for (int c = 0; c < CLASSES; c++) {
          known[s][c] = c == 0 || random.nextInt(4) > 0 ? 1 : 0;
        }
        int label = random.nextInt(CLASSES);
        gold[s] = known[s][label] == 1 ? label : 0;
      }
      List<long[]> sizes = new ArrayList<>();
      sizes.add(new long[] {EMBEDDING, SPAN_WIDTH});
      sizes.add(new long[] {EMBEDDING});
      if (layers > 1) {
        sizes.add(new long[] {EMBEDDING, EMBEDDING});
        sizes.add(new long[] {EMBEDDING});
      }
      sizes.add(new long[] {CLASSES, EMBEDDING});
      shapes = sizes.toArray(long[][]::new);
      parameters = new double[shapes.length][];
      Arrays.setAll(
          parameters,
          p -> gaussian(random, (int) Arrays.stream(shapes[p]).reduce(1, (a, b) -> a * b)));
    }

    private static double[] gaussian(Random random, int count) {
      return random.doubles(count).map(u -> random.nextGaussian()).toArray();
    }

    NDList batch(PtNDManager call) {
      return new NDList(matrix(call, x), matrix(call, known));
    }

    NDList gold(PtNDManager call) {
      return new NDList(module.longs(call, Arrays.stream(gold).asLongStream().toArray(), SPANS));
    }

    NDList parameters(PtNDManager call) {
      NDList list = new NDList();
      for (int p = 0; p < parameters.length; p++) {
        list.add(module.doubles(call, parameters[p], shapes[p]));
      }
      return list;
    }
  }

  private static PtNDArray matrix(PtNDManager call, double[][] rows) {
    return module.doubles(
        call,
        Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(),
        rows.length,
        rows[0].length);
  }

  private static NDList settings(PtNDManager call, ClassifierOptions options, int step) {
    double[] settings = options.settings(step);
    return new NDList(module.doubles(call, settings, settings.length));
  }

  private static ClassifierOptions options(int layers) {
    return new ClassifierOptions(layers, EMBEDDING, 1, 1, 2, 1e-3, 0.01, 0.05, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void gradientsAreThoseOfTheEquations(int layers) {
    ClassifierOptions options = options(layers);
    Problem problem = new Problem(layers, 3 + layers);
    ClassifierReference.Gradients expected =
        new ClassifierReference(layers, problem.parameters)
            .of(problem.x, problem.gold, problem.known);
    try (PtNDManager call = module.newCallManager()) {
      NDList found =
          module.runRecording(
              call,
              "loss_and_gradients",
              List.of(
                  problem.batch(call),
                  problem.gold(call),
                  problem.parameters(call),
                  settings(call, options, 1)));
      assertThat(found.get(0).toDoubleArray()[0]).isCloseTo(expected.loss(), within(1e-12));
      for (int p = 0; p < problem.parameters.length; p++) {
        assertThat(found.get(p + 1).toDoubleArray())
            .as("gradient of parameter %d", p)
            .containsExactly(expected.gradients()[p], within(1e-12));
      }
    }
  }

  @Test
  void theReferenceIsTheDerivativeOfItsLoss() {
    Problem problem = new Problem(3, 8);
    ClassifierReference.Gradients at =
        new ClassifierReference(3, problem.parameters).of(problem.x, problem.gold, problem.known);
    for (int p = 0; p < problem.parameters.length; p++) {
      for (int i = 0; i < problem.parameters[p].length; i++) {
        double step = 1e-6;
        double up = lossWith(problem, p, i, step);
        double down = lossWith(problem, p, i, -step);
        assertThat(at.gradients()[p][i]).isCloseTo((up - down) / (2 * step), within(1e-7));
      }
    }
  }

  private static double lossWith(Problem problem, int parameter, int index, double step) {
    double[][] moved = problem.parameters.clone();
    moved[parameter] = moved[parameter].clone();
    moved[parameter][index] += step;
    return new ClassifierReference(3, moved).of(problem.x, problem.gold, problem.known).loss();
  }

  @Test
  void stepsOfAccumulatedBatchesAreAdamW() {
    ClassifierOptions options = options(2);
    Problem first = new Problem(2, 5);
    Problem second = new Problem(2, 6);
    double[][] expected =
        Arrays.stream(first.parameters).map(double[]::clone).toArray(double[][]::new);
    double[][] means = zeros(expected);
    double[][] squares = zeros(expected);
    try (PtNDManager call = module.newCallManager()) {
      NDList parameters = first.parameters(call);
      NDList firstMoments = zerosLike(parameters);
      NDList secondMoments = zerosLike(parameters);
      NDList sums = zerosLike(parameters);
      for (int step = 1; step <= 3; step++) {
        double[][] gradients = zeros(expected);
        for (Problem batch : List.of(first, second)) {
          double[][] one =
              new ClassifierReference(2, expected).of(batch.x, batch.gold, batch.known).gradients();
          for (int p = 0; p < one.length; p++) {
            for (int i = 0; i < one[p].length; i++) {
              gradients[p][i] += one[p][i] / 2;
            }
          }
          module.runRecording(
              call,
              "accumulate",
              List.of(
                  batch.batch(call),
                  batch.gold(call),
                  parameters,
                  sums,
                  settings(call, options, step)));
        }
        adamw(expected, gradients, means, squares, step, options);
        module.runRecording(
            call,
            "update",
            List.of(parameters, firstMoments, secondMoments, sums, settings(call, options, step)));
        for (int p = 0; p < expected.length; p++) {
          assertThat(parameters.get(p).toDoubleArray()).containsExactly(expected[p], within(1e-12));
          assertThat(sums.get(p).toDoubleArray()).containsOnly(0);
        }
      }
    }
  }

  /** Loshchilov and Hutter, algorithm 2, after the gradients' norm has been limited. */
  private static void adamw(
      double[][] parameters,
      double[][] gradients,
      double[][] means,
      double[][] squares,
      int step,
      ClassifierOptions options) {
    double norm =
        Math.sqrt(Arrays.stream(gradients).flatMapToDouble(Arrays::stream).map(g -> g * g).sum());
    assertThat(norm).isGreaterThan(options.clip());
    double factor = options.clip() / (norm + 1e-6);
    for (int p = 0; p < parameters.length; p++) {
      for (int i = 0; i < parameters[p].length; i++) {
        double gradient = factor * gradients[p][i];
        means[p][i] = 0.9 * means[p][i] + 0.1 * gradient;
        squares[p][i] = 0.999 * squares[p][i] + 0.001 * gradient * gradient;
        double mean = means[p][i] / (1 - Math.pow(0.9, step));
        double square = squares[p][i] / (1 - Math.pow(0.999, step));
        parameters[p][i] -= options.learningRate() * options.weightDecay() * parameters[p][i];
        parameters[p][i] -= options.learningRate() * mean / (Math.sqrt(square) + 1e-8);
      }
    }
  }

  private static double[][] zeros(double[][] like) {
    return Arrays.stream(like).map(row -> new double[row.length]).toArray(double[][]::new);
  }

  private static NDList zerosLike(NDList tensors) {
    NDList zeros = new NDList();
    for (NDArray tensor : tensors) {
      zeros.add(tensor.zerosLike());
    }
    return zeros;
  }
}
