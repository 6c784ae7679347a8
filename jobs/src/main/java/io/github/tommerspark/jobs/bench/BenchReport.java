package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.spark.ProcessMemory;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The findings of a benchmark; its JSON form is what {@code --json} writes.
 *
 * @param version of the product
 * @param model name of the model
 * @param layer that its head reads
 * @param windowTokens tokens of a window
 * @param master of Spark
 * @param profile the model on its own
 * @param weightBytesInMemory of the weights in the type they are computed in
 * @param runs one per cut of the corpus
 * @param scaling the first cut on some numbers of executors
 * @param memory of the executor with the highest peak while the corpus was annotated; null if none
 *     answered
 * @param projection what a larger corpus would take
 * @param gpus what it would take on GPUs that {@code benchmarks/gpu/run.py} measured
 */
record BenchReport(
    String version,
    String model,
    int layer,
    int windowTokens,
    String master,
    ModelProfile profile,
    long weightBytesInMemory,
    List<Run> runs,
    List<Run> scaling,
    @Nullable ProcessMemory memory,
    Projection projection,
    List<GpuProjection> gpus) {

  /**
   * A corpus annotated, from its file to Parquet, some times over.
   *
   * @param cut how the corpus was cut into documents
   * @param executors JVMs that took part
   * @param slots tasks that ran at once
   * @param documents of the corpus
   * @param documentTokens tokens of the documents themselves
   * @param windowTokens tokens of their windows: with specials, overlaps as often as they are read
   * @param paddedTokens tokens computed for nothing
   * @param mentions found
   * @param seconds wall time of each measured run, reading and writing included, start of Spark and
   *     load of the model not
   * @param jobSeconds wall time of each whole job: also planning, and counting what was written
   * @param medianSeconds of the former
   * @param tokensPerSecond document tokens, in the median run
   * @param peakShare window tokens' products at the device's peak, as a share of the median run;
   *     null if the peak was not measured for these executors
   * @param forwards forward calls of a run; 0 if executors could not be asked
   * @param cpuSeconds processor time of the threads of a run's tasks, forwards on a CPU included
   * @param busyShare of the wall time that a simulated device was busy; null if it was a real one
   * @param shares of wall time times slots, by what it went to, over all measured runs; empty if
   *     executors could not be asked
   */
  record Run(
      String cut,
      int executors,
      int slots,
      long documents,
      long documentTokens,
      long windowTokens,
      long paddedTokens,
      long mentions,
      List<Double> seconds,
      List<Double> jobSeconds,
      double medianSeconds,
      double tokensPerSecond,
      @Nullable Double peakShare,
      long forwards,
      double cpuSeconds,
      @Nullable Double busyShare,
      Map<String, Double> shares) {

    /** Share of the window tokens that are specials or were read before. */
    double overlapShare() {
      return 1 - (double) documentTokens / windowTokens;
    }
  }

  /**
   * A larger corpus of documents like those measured.
   *
   * @param documents of that corpus
   * @param tokens of them
   * @param deviceHours executors times hours
   * @param coreHours slots times hours
   */
  record Projection(long documents, long tokens, double deviceHours, double coreHours) {}

  /**
   * The larger corpus on a GPU: the kernel side as {@code run.py} measured it there, the JVM side
   * as this benchmark did.
   *
   * @param device name of the GPU
   * @param model of the kit that was measured there
   * @param kernelTokensPerSecond window tokens, the best of all budgets and numbers of calls at
   *     once
   * @param documentTokensPerSecond what that is in tokens of these documents
   * @param cores that are busy keeping the GPU so: tokenising, decoding, reading and writing
   * @param gpuHours of the corpus
   */
  record GpuProjection(
      String device,
      String model,
      double kernelTokensPerSecond,
      double documentTokensPerSecond,
      double cores,
      double gpuHours) {}
}
