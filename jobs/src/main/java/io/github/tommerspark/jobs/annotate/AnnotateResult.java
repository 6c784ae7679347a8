package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.output.Provenance;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The result of an annotate run.
 *
 * @param provenance what was written beside the data
 * @param modelLoadSeconds of the slowest executor; loading happens at the same time on all
 * @param repeated whether the run had been committed before, and nothing was done
 */
public record AnnotateResult(Provenance provenance, double modelLoadSeconds, boolean repeated) {

  private static final String UNKNOWN = "unknown (task reports were lost)";

  /** For people: a dozen lines. */
  public String summary() {
    Provenance.Counts counts = provenance.counts();
    StringJoiner lines = new StringJoiner("\n");
    if (repeated) {
      line(
          lines,
          "nothing to do",
          "this run is in the output%s"
              .formatted(provenance.finished() == null ? "" : " since " + provenance.finished()));
    }
    if (counts == null) {
      // A table's commit is made before they are known.
      return lines.toString();
    }
    line(lines, "rows in", number(counts.rowsIn()));
    line(lines, "rows written", number(counts.rowsWritten()));
    line(lines, "rows without text", number(counts.withoutText()));
    line(lines, "error rows", number(counts.errorRows()));
    line(lines, "documents windowed", number(counts.windowed()));
    line(lines, "document tokens", perModel(counts.tokens()));
    line(lines, "mentions", perModel(counts.mentions()));
    line(lines, "tokens/s", tokensPerSecond(counts.tokens()));
    line(lines, "model load", String.format(Locale.ROOT, "%.1f s", modelLoadSeconds));
    line(lines, "wall time", String.format(Locale.ROOT, "%.1f s", provenance.seconds()));
    line(
        lines,
        "written to",
        "%s (%s%s)"
            .formatted(
                provenance.output().path(),
                provenance.output().format(),
                provenance.output().isTable()
                    ? ""
                    : ", " + files(provenance.output().files().size())));
    return lines.toString();
  }

  private static void line(StringJoiner lines, String label, String value) {
    lines.add(line(label, value));
  }

  /** A line of a summary. */
  static String line(String label, String value) {
    return "  %-19s %s".formatted(label, value);
  }

  private static String files(int count) {
    return count == 1 ? "1 file" : number((long) count) + " files";
  }

  private static String number(Long count) {
    return count == null ? UNKNOWN : String.format(Locale.ROOT, "%,d", count);
  }

  private static String perModel(Map<String, Long> counts) {
    if (counts == null) {
      return UNKNOWN;
    }
    if (counts.size() == 1) {
      return number(counts.values().iterator().next());
    }
    StringJoiner models = new StringJoiner(", ");
    counts.forEach((model, count) -> models.add("%s %s".formatted(model, number(count))));
    return models.toString();
  }

  private String tokensPerSecond(Map<String, Long> tokens) {
    if (tokens == null) {
      return UNKNOWN;
    }
    long all = tokens.values().stream().mapToLong(Long::longValue).sum();
    String rate = String.format(Locale.ROOT, "%,.0f", all / Math.max(provenance.seconds(), 1e-3));
    return tokens.size() == 1 ? rate : rate + " (all models together)";
  }
}
