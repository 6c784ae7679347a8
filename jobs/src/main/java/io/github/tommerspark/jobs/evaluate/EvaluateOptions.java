package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.eval.SpanMatching;
import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.dataset.GoldSource;
import java.util.List;
import java.util.Map;

/**
 * Everything the evaluate job is told.
 *
 * @param gold paths of gold files by name of the data set, in the order given
 * @param goldFormat of all of them; null to go by their names
 * @param goldColumn column of Parquet files with the gold mentions
 * @param types other names for the types of gold mentions
 * @param models to run
 * @param engine how to run them
 * @param predictions paths of annotated data sets by name of the model that made them
 * @param tokens whose tokenizer gold and written mentions are mapped with; null if none
 * @param matching when a prediction counts as gold
 * @param keepUnannotated whether documents without a gold mention count
 * @param examples mistakes of each kind to keep, per model and data set
 * @param output directory to write to
 * @param overwrite whether an earlier result there may be replaced
 */
record EvaluateOptions(
    Map<String, List<String>> gold,
    GoldSource goldFormat,
    String goldColumn,
    TypeMap types,
    List<ModelSpec> models,
    EngineOptions engine,
    Map<String, List<String>> predictions,
    ModelSpec tokens,
    SpanMatching matching,
    boolean keepUnannotated,
    int examples,
    String output,
    boolean overwrite) {}
