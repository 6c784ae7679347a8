package io.github.tommerspark.jobs.train;

import io.github.tommerspark.classify.SpanRepresentation;
import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.SpanEncoder;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Trainings on every layer that was asked for, with every seed, and the best of them.
 *
 * @param <T> the result of a training
 * @param <R> the record of one
 * @param best by its score on the dev data; of equal ones the first
 * @param runs all of them, in order
 * @param model the detector, cut for the last layer
 */
record LayerSweep<T, R>(Best<T, R> best, List<R> runs, ModelDescription model) {

  /** The best training so far. */
  record Best<T, R>(T result, R run) {}

  /** Training on one layer. */
  interface Layer<T, R> extends AutoCloseable {

    /**
     * Trains.
     *
     * @throws UserException if the data do not suffice
     * @throws IOException if examples cannot be read back
     */
    T train(long seed) throws IOException;

    /** The record of a result. */
    R record(T result, long seed);

    @Override
    void close() throws IOException;
  }

  /** Prepares the training on a layer. */
  @FunctionalInterface
  interface Preparation<T, R> {
    /** The layer, with its examples; the encoder stays the caller's. */
    Layer<T, R> on(SpanEncoder encoder) throws IOException;
  }

  /**
   * Trains.
   *
   * @param representation of spans
   * @param score of a run on the dev data; higher is better
   */
  static <T, R> LayerSweep<T, R> of(
      TrainClassifierOptions options,
      SpanRepresentation representation,
      Preparation<T, R> preparation,
      ToDoubleFunction<R> score)
      throws IOException {
    List<R> runs = new ArrayList<>();
    Best<T, R> best = null;
    ModelDescription model = null;
    for (Integer layer : options.layers()) {
      try (SpanEncoder encoder =
              SpanEncoder.load(options.model(), layer, representation, options.engine());
          Layer<T, R> training = preparation.on(encoder)) {
        model = encoder.describe();
        for (long seed : options.seeds()) {
          T result = training.train(seed);
          R run = training.record(result, seed);
          runs.add(run);
          if (best == null || score.applyAsDouble(run) > score.applyAsDouble(best.run())) {
            best = new Best<>(result, run);
          }
        }
      }
    }
    return new LayerSweep<>(
        Objects.requireNonNull(best, "no layer or seed"), runs, Objects.requireNonNull(model));
  }
}
