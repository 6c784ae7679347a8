package io.github.tommerspark.jobs.export;

import java.util.List;
import java.util.Locale;

/**
 * A finished export, as it is told in {@value ExportOutput#SUMMARY}.
 *
 * @param product that wrote it, with its version
 * @param format of the files
 * @param source of the mentions
 * @param models whose mentions were written
 * @param offsets their unit
 * @param documents written
 * @param mentions of them
 * @param overlapping those that overlap others, so that they are nowhere where mentions must not
 * @param withoutText rows that were left out because they have no text
 * @param failed rows that were left out because a model could not read them
 * @param files written
 * @param output where they are
 */
record ExportResult(
    String product,
    String format,
    String source,
    List<String> models,
    String offsets,
    long documents,
    long mentions,
    long overlapping,
    long withoutText,
    long failed,
    int files,
    String output) {

  /** For people. */
  String summary() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Wrote %s: %,d documents with %,d mentions in %,d files",
            output,
            documents,
            mentions,
            files));
    if (overlapping > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              ExportFormat.parse(format).nests()
                  ? "; %,d mentions overlap better ones and are in spans only"
                  : "; %,d mentions overlap better ones and are left out",
              overlapping));
    }
    if (failed > 0) {
      text.append(String.format(Locale.ROOT, "; %,d rows with an error are left out", failed));
    }
    if (withoutText > 0) {
      text.append(
          String.format(Locale.ROOT, "; %,d rows without a text are left out", withoutText));
    }
    return text.toString();
  }
}
