package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.eval.SpanMatching;
import io.github.tommerspark.jobs.dataset.GoldReading;
import io.github.tommerspark.jobs.output.ResultPlace;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything the evaluate job is told.
 *
 * @param gold paths of gold files by name of the data set, in the order given
 * @param reading how they are read
 * @param models to run
 * @param engine how to run them
 * @param predictions paths of annotated data sets by name of the model that made them
 * @param tokens whose tokenizer gold and written mentions are mapped with; null if none
 * @param counting the rules of counting
 * @param output where the evaluation is written
 */
record EvaluateOptions(
    Map<String, List<String>> gold,
    GoldReading reading,
    List<ModelSpec> models,
    EngineOptions engine,
    Map<String, List<String>> predictions,
    @Nullable ModelSpec tokens,
    Counting counting,
    ResultPlace output) {

  /**
   * The rules of counting.
   *
   * @param matching when a prediction counts as gold
   * @param keepUnannotated whether documents without a gold mention count
   * @param examples mistakes of each kind to keep, per model and data set
   */
  record Counting(SpanMatching matching, boolean keepUnannotated, int examples) {}
}
