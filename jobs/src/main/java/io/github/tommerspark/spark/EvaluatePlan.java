package io.github.tommerspark.spark;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.eval.EvaluationTally;
import io.github.tommerspark.eval.SpanMatching;
import io.github.tommerspark.eval.ThresholdGrid;
import java.io.Serializable;
import java.util.List;

/**
 * The data that executors need to evaluate models.
 *
 * @param models with the decoders and the numbers of the thresholds to evaluate at
 * @param engine how to run them
 * @param matching when a prediction counts as gold
 * @param datasets how many data sets there are
 * @param keepUnannotated whether documents without a gold mention count
 * @param examples mistakes of each kind to keep, per model and data set
 */
public record EvaluatePlan(
    List<ModelSpec> models,
    EngineOptions engine,
    SpanMatching matching,
    int datasets,
    boolean keepUnannotated,
    int examples)
    implements Serializable {

  /** Copies the list into a serialisable one. */
  public EvaluatePlan {
    models = List.copyOf(models);
  }

  /** The models as they must be loaded: keeping candidates down to where the curve begins. */
  List<ModelSpec> scoringModels() {
    return models.stream()
        .map(model -> model.withDecoder(model.decoder(), lowest(model.threshold().value())))
        .toList();
  }

  private static double lowest(double threshold) {
    return Math.min(threshold, ThresholdGrid.FLOOR);
  }

  /** Empty tallies of one model, one per data set. */
  EvaluationTally[] emptyTallies(ModelSpec model) {
    EvaluationTally[] tallies = new EvaluationTally[datasets];
    for (int i = 0; i < datasets; i++) {
      tallies[i] =
          new EvaluationTally(
              ThresholdGrid.of(model.threshold().value(), lowest(model.threshold().value())),
              keepUnannotated,
              examples);
    }
    return tallies;
  }
}
