package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.detect.ModelDescription;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.output.OutputOptions;
import java.util.List;
import java.util.Map;

/**
 * Everything the annotate job is told.
 *
 * @param corpus what to read
 * @param output what to write
 * @param models what to annotate with
 * @param engine how to run them
 * @param repartition partitions to shuffle the input into; 0 to leave it as it is read
 * @param failFast whether the first row with an error ends the job
 * @param given the options as the user gave them, secrets removed, for the record
 */
public record AnnotateOptions(
    CorpusOptions corpus,
    OutputOptions output,
    List<ModelSpec> models,
    EngineOptions engine,
    int repartition,
    boolean failFast,
    Map<String, String> given) {

  public AnnotateOptions {
    models = List.copyOf(models);
    given = Map.copyOf(given);
  }

  /** These options with an id of the run. */
  AnnotateOptions withRunId(String runId) {
    return new AnnotateOptions(
        corpus, output.withRunId(runId), models, engine, repartition, failFast, given);
  }

  /** These options with other ways to run the models. */
  AnnotateOptions withEngine(EngineOptions engine) {
    return new AnnotateOptions(corpus, output, models, engine, repartition, failFast, given);
  }

  /** These options with the models as they were found, which executors make sure of. */
  AnnotateOptions withModels(List<ModelDescription> found) {
    return new AnnotateOptions(
        corpus,
        output,
        found.stream().map(ModelDescription::pinned).toList(),
        engine,
        repartition,
        failFast,
        given);
  }

  /** These options with another output. */
  AnnotateOptions withOutput(OutputOptions output) {
    return new AnnotateOptions(corpus, output, models, engine, repartition, failFast, given);
  }
}
