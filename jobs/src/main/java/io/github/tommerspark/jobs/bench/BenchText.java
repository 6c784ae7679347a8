package io.github.tommerspark.jobs.bench;

import io.github.tommerspark.detect.ModelProfile;
import io.github.tommerspark.spark.ProcessMemory;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** A benchmark's findings for people. */
final class BenchText {

  private static final double GIGA = 1e9;
  private static final double MEGA = 1e6;

  private BenchText() {}

  /** Some dozen lines. */
  static String of(BenchReport report) {
    StringJoiner lines = new StringJoiner("\n");
    ModelProfile profile = report.profile();
    line(
        lines,
        "model",
        "%s to layer %d, %s on %s, windows of %d tokens",
        report.model(),
        report.layer(),
        profile.dtype(),
        profile.device(),
        report.windowTokens());
    line(
        lines,
        "parameters",
        "%.1f million, %.1f MB in memory",
        profile.parameters() / MEGA,
        report.weightBytesInMemory() / MEGA);
    line(
        lines,
        "arithmetic",
        "%.2f MFLOP/token: 2 x parameters of the blocks' matrices (attention adds %.2f in a full window)",
        profile.productFlops() / MEGA,
        profile.attentionFlops() / MEGA);
    line(
        lines,
        "peak",
        "%.0f GFLOP/s at these products alone, %d call(s) x %d thread(s): at most %,.0f tokens/s",
        profile.peakFlops() / GIGA,
        profile.calls(),
        profile.threads(),
        profile.peakFlops() / profile.productFlops());
    line(
        lines,
        "load",
        "%.2f s for %.1f MB in memory; reading them once takes %.2f s",
        profile.loadSeconds(),
        profile.weightBytes() / MEGA,
        profile.readSeconds());
    ProcessMemory memory = report.memory();
    if (memory != null && memory.peak() > 0) {
      line(
          lines,
          "peak memory",
          "%,.0f MB: weights up to %,.0f, Java heap up to %,.0f, Java's own up to %,.0f, all else from %,.0f",
          memory.peak() / MEGA,
          report.weightBytesInMemory() / MEGA,
          memory.heap() / MEGA,
          memory.nonHeap() / MEGA,
          Math.max(
                  0,
                  memory.peak() - report.weightBytesInMemory() - memory.heap() - memory.nonHeap())
              / MEGA);
    }
    for (BenchReport.Run run : report.runs()) {
      lines.add("");
      line(
          lines,
          "documents",
          "%,d (%s), %,d tokens, %,d mentions",
          run.documents(),
          cut(run.cut()),
          run.documentTokens(),
          run.mentions());
      line(
          lines,
          "tokens/s",
          "%,.0f on %d executor(s), %d slot(s); %.2f s, median of %s",
          run.tokensPerSecond(),
          run.executors(),
          run.slots(),
          run.medianSeconds(),
          run.seconds().stream().map("%.2f"::formatted).collect(Collectors.joining(", ")));
      if (run.busyShare() != null) {
        line(
            lines,
            "device",
            "simulated, one per executor: busy %.1f %% of the time with %,d calls of %,.0f tokens",
            100 * run.busyShare(),
            run.forwards(),
            (double) run.windowTokens() / run.forwards());
      }
      if (!run.shares().isEmpty()) {
        double jvm = GpuResults.jvmSeconds(run);
        line(
            lines,
            "jvm",
            "%.2f processor seconds per million tokens beside the forward: %,.0f tokens/s per core; %,.0f s per million documents",
            jvm / run.documentTokens() * MEGA,
            run.documentTokens() / jvm,
            jvm / run.documents() * MEGA);
      }
      if (run.peakShare() != null && !run.shares().isEmpty()) {
        line(
            lines,
            "of peak",
            "%.0f %% for the window tokens, which are %.1f %% overlaps and specials; padding %.1f %%",
            100 * run.peakShare(),
            100 * run.overlapShare(),
            100.0 * run.paddedTokens() / (run.windowTokens() + run.paddedTokens()));
      }
      if (!run.shares().isEmpty()) {
        line(
            lines,
            "time",
            "%s",
            run.shares().entrySet().stream()
                .map(
                    part ->
                        String.format(
                            Locale.ROOT, "%s %.1f %%", part.getKey(), 100 * part.getValue()))
                .collect(Collectors.joining(", ")));
      }
    }
    if (!report.scaling().isEmpty()) {
      lines.add("");
      double one = report.scaling().get(0).tokensPerSecond() / report.scaling().get(0).executors();
      for (BenchReport.Run run : report.scaling()) {
        line(
            lines,
            String.format(Locale.ROOT, "%d x one core", run.executors()),
            "%,.0f tokens/s, %.2f x one",
            run.tokensPerSecond(),
            run.tokensPerSecond() / one);
      }
    }
    lines.add("");
    BenchReport.Projection projection = report.projection();
    line(
        lines,
        "projection",
        "%,d such documents, %,d tokens: %,.1f hours of such an executor, %,.1f of a slot",
        projection.documents(),
        projection.tokens(),
        projection.deviceHours(),
        projection.coreHours());
    for (BenchReport.GpuProjection gpu : report.gpus()) {
      line(
          lines,
          "on a GPU",
          "%s, %s: %,.0f tokens/s (window tokens: %,.0f), %,.1f cores beside it, %,.2f hours",
          gpu.device(),
          gpu.model(),
          gpu.documentTokensPerSecond(),
          gpu.kernelTokensPerSecond(),
          gpu.cores(),
          gpu.gpuHours());
    }
    return lines.toString();
  }

  private static String cut(String label) {
    return switch (label) {
      case "document" -> "as they are";
      case "sentence" -> "one sentence each";
      default -> label + " tokens each";
    };
  }

  private static void line(StringJoiner lines, String label, String format, Object... values) {
    lines.add("  %-14s %s".formatted(label, String.format(Locale.ROOT, format, values)));
  }
}
