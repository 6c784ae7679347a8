package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.Provenance;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The result of an incremental run.
 *
 * @param directory that the batches are in
 * @param batches in order, each as it was written beside the data; empty when nothing was new
 * @param modelLoadSeconds of the slowest executor
 */
record IncrementalResult(String directory, List<Provenance> batches, double modelLoadSeconds) {

  IncrementalResult {
    batches = List.copyOf(batches);
  }

  /** For people: a dozen lines. */
  String summary() {
    if (batches.isEmpty()) {
      return "  %-19s %s".formatted("new files", "none; nothing to do in " + directory);
    }
    return String.format(
        Locale.ROOT,
        "  %-19s %,d%n%s",
        "batches",
        batches.size(),
        new AnnotateResult(total(), modelLoadSeconds, false).summary());
  }

  /** The counts of all batches together. */
  Provenance.Counts counts() {
    return new Provenance.Counts(
        sum(Provenance.Counts::rowsIn),
        sum(Provenance.Counts::rowsWritten),
        sum(Provenance.Counts::withoutText),
        sum(Provenance.Counts::errorRows),
        sum(Provenance.Counts::windowed),
        sumByModel(Provenance.Counts::mentions),
        sumByModel(Provenance.Counts::tokens));
  }

  /** The provenance of all batches together. */
  Provenance total() {
    Provenance last = batches.get(batches.size() - 1);
    Map<String, Long> files = new TreeMap<>();
    batches.forEach(batch -> files.putAll(batch.output().files()));
    return last.finished(
        files,
        counts(),
        last.executors(),
        batches.stream().mapToDouble(Provenance::seconds).sum(),
        last.finished());
  }

  /** Null if it is not known of one of them. */
  private Long sum(Function<Provenance.Counts, Long> field) {
    Long sum = 0L;
    for (Provenance batch : batches) {
      Long value = field.apply(batch.counts());
      sum = sum == null || value == null ? null : Long.valueOf(sum + value);
    }
    return sum;
  }

  private Map<String, Long> sumByModel(Function<Provenance.Counts, Map<String, Long>> field) {
    Map<String, Long> sums = new TreeMap<>();
    for (Provenance batch : batches) {
      Map<String, Long> values = field.apply(batch.counts());
      if (values == null) {
        return null;
      }
      values.forEach((model, value) -> sums.merge(model, value, Long::sum));
    }
    return sums;
  }
}
