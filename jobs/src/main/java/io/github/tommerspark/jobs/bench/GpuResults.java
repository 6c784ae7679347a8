package io.github.tommerspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Measurements of {@code benchmarks/gpu/run.py} on a GPU. */
final class GpuResults {

  private static final String SPEED = "tokens_per_s";

  private GpuResults() {}

  /**
   * The estimated cost of a corpus on GPUs.
   *
   * @param directories what run.py wrote
   * @param run documents like those of the corpus, and what the JVM's side of them costs
   * @param documents of the corpus
   * @return one projection for each model that was measured
   * @throws UserException if a directory has no results
   * @throws IOException if a file cannot be read
   */
  static List<BenchReport.GpuProjection> projections(
      List<Path> directories, BenchReport.Run run, long documents) throws IOException {
    List<BenchReport.GpuProjection> projections = new ArrayList<>();
    for (Path directory : directories) {
      String device = step(directory, "environment").path("device").asText("unknown device");
      Map<String, Double> best = new LinkedHashMap<>();
      for (String step : List.of("throughput", "streams")) {
        for (JsonNode found : step(directory, step).path(step)) {
          if (found.has(SPEED)) {
            best.merge(found.get("model").asText(), found.get(SPEED).asDouble(), Math::max);
          }
        }
      }
      if (best.isEmpty()) {
        throw new UserException(
            "Cannot reckon with %s: it has no speeds that run.py measured".formatted(directory));
      }
      best.forEach(
          (model, speed) -> projections.add(projection(device, model, speed, run, documents)));
    }
    return projections;
  }

  private static BenchReport.GpuProjection projection(
      String device, String model, double kernel, BenchReport.Run run, long documents) {
    double speed = kernel * (1 - run.overlapShare());
    double tokens = (double) run.documentTokens() / run.documents() * documents;
    return new BenchReport.GpuProjection(
        device,
        model,
        kernel,
        speed,
        speed * jvmSeconds(run) / run.documentTokens(),
        tokens / speed / 3600);
  }

  /** Processor time of a run but for its forwards. */
  static double jvmSeconds(BenchReport.Run run) {
    if (run.busyShare() != null) {
      // Waiting for a simulated device takes no processor.
      return run.cpuSeconds();
    }
    double all = run.medianSeconds() * run.slots();
    return all
        * Stream.of("read", "tokenise", "decode", "batch", "write")
            .mapToDouble(part -> run.shares().getOrDefault(part, 0.0))
            .sum();
  }

  private static JsonNode step(Path directory, String name) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      Path file =
          files
              .filter(path -> path.getFileName().toString().matches("\\d\\d-" + name + "\\.json"))
              .findFirst()
              .orElseThrow(
                  () ->
                      new UserException(
                          "Cannot reckon with %s: it has no results of run.py for %s"
                              .formatted(directory, name)));
      return Provenance.JSON.readTree(file.toFile()).path("result");
    }
  }
}
