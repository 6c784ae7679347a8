package io.github.tommerspark.jobs.judge;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.tommerspark.judge.Interval;
import io.github.tommerspark.judge.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code judge.json}.
 *
 * @param kind always {@code judge}
 * @param product name and version
 * @param created when, ISO 8601 in UTC
 * @param dataset that was judged
 * @param host of the endpoint
 * @param judge the judge's name
 * @param context code points shown on either side of a mention
 * @param sample which documents
 * @param requests what was asked
 * @param rows one for each model
 * @param warnings one line each
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record JudgeResult(
    String kind,
    String product,
    String created,
    String dataset,
    String host,
    String judge,
    int context,
    Sample sample,
    Requests requests,
    List<ModelRow> rows,
    List<String> warnings) {

  /**
   * The documents that were judged.
   *
   * @param population documents with mentions in the dataset
   * @param drawn for the sample
   * @param judged of the sample: what the budget allowed
   * @param seed of the sample
   */
  record Sample(long population, int drawn, int judged, long seed) {}

  /**
   * The questions that were asked.
   *
   * @param questions different ones
   * @param cached questions that had been answered before this run
   * @param asked questions that were answered in this run
   * @param sent HTTP requests of this run
   * @param promptTokens of all questions, as the server counted them
   * @param completionTokens of all answers, as the server counted them
   * @param cost of all questions, at the price given; null if none was
   */
  record Requests(
      int questions,
      long cached,
      long asked,
      long sent,
      long promptTokens,
      long completionTokens,
      @Nullable Double cost) {}

  /**
   * Precision of a model.
   *
   * @param model its name
   * @param column with its mentions
   * @param documents with mentions of it
   * @param mentions judged
   * @param yes accepted
   * @param no rejected
   * @param unclear neither
   * @param precision accepted over accepted and rejected; null if there are none
   * @param wilson its 95% interval for independent mentions; null if there are none
   * @param clustered its 95% interval by documents; null with fewer than two
   */
  record ModelRow(
      String model,
      String column,
      int documents,
      int mentions,
      int yes,
      int no,
      int unclear,
      @Nullable Double precision,
      @Nullable Interval wilson,
      @Nullable Interval clustered) {

    static ModelRow of(String model, String column, Precision precision) {
      return new ModelRow(
          model,
          column,
          precision.documents(),
          precision.mentions(),
          precision.yes(),
          precision.no(),
          precision.unclear(),
          precision.value(),
          precision.wilson(),
          precision.clustered());
    }
  }

  /** For the terminal. */
  String summary() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%-20s %9s %8s %7s %7s %8s  %9s  %-16s %s"
            .formatted(
                "model",
                "documents",
                "mentions",
                "yes",
                "no",
                "unclear",
                "precision",
                "95% (Wilson)",
                "95% (by document)"));
    for (ModelRow row : rows) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-20s %,9d %,8d %,7d %,7d %,8d  %9s  %-16s %s",
              row.model(),
              row.documents(),
              row.mentions(),
              row.yes(),
              row.no(),
              row.unclear(),
              row.precision() == null ? "-" : String.format(Locale.ROOT, "%.4f", row.precision()),
              shown(row.wilson()),
              shown(row.clustered())));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d questions: %,d answered before, %,d now in %,d requests; %,d tokens sent and %,d received in all%s",
            requests.questions(),
            requests.cached(),
            requests.asked(),
            requests.sent(),
            requests.promptTokens(),
            requests.completionTokens(),
            requests.cost() == null ? "" : ", cost " + JudgeOptions.Price.shown(requests.cost())));
    warnings.forEach(warning -> lines.add("warning: " + warning));
    return String.join(System.lineSeparator(), lines);
  }

  private static String shown(@Nullable Interval interval) {
    return interval == null
        ? "-"
        : String.format(Locale.ROOT, "%.4f to %.4f", interval.low(), interval.high());
  }
}
