package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything the benchmark is told.
 *
 * @param corpus what to read; null for the bundled corpus
 * @param model what to measure; its files exist
 * @param engine how to run it
 * @param measured the runs
 * @param projected documents of the corpus that is to be reckoned with
 * @param gpuResults directories that run.py wrote on GPUs
 * @param work local directory for corpora and outputs; made and emptied by the caller
 */
record BenchOptions(
    @Nullable CorpusOptions corpus,
    ModelSpec model,
    EngineOptions engine,
    Measured measured,
    long projected,
    List<Path> gpuResults,
    Path work) {

  /**
   * The runs that are measured.
   *
   * @param tokens document tokens of each; 0 for as many as the model's size suggests
   * @param cuts how to cut the corpus into documents, at least one; the first is the main one
   * @param repeat runs of each cut, after one to warm up
   * @param executors numbers of one-core executors to measure after that
   */
  record Measured(long tokens, List<BenchCut> cuts, int repeat, List<Integer> executors) {

    Measured {
      cuts = List.copyOf(cuts);
      executors = List.copyOf(executors);
    }
  }

  BenchOptions {
    gpuResults = List.copyOf(gpuResults);
  }
}
