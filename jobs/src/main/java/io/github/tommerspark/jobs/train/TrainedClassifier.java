package io.github.tommerspark.jobs.train;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.train.ClassifierTrainer;
import io.github.tommerspark.train.SpanExamples;
import io.github.tommerspark.train.TypedF1;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The result of training a classifier: the content of {@code training.json}. Field names in the
 * file are in snake case.
 *
 * @param kind always {@code classifier_training}
 * @param product and its version
 * @param created ISO 8601 in UTC
 * @param options as they were given
 * @param model the detector
 * @param train what was learned from
 * @param dev what the best epoch was chosen by
 * @param classes that the classifier knows, the outside class first
 * @param parameters of the classifier
 * @param layer that the best run reads
 * @param seed of the best run
 * @param epoch the best one of that run
 * @param runs all of them
 * @param output where it was written
 */
public record TrainedClassifier(
    String kind,
    String product,
    String created,
    Map<String, String> options,
    Provenance.Model model,
    List<Data> train,
    List<Data> dev,
    List<String> classes,
    long parameters,
    int layer,
    long seed,
    int epoch,
    List<Run> runs,
    @JsonIgnore String output)
    implements TrainingRecord {

  /** A gold data set, as far as it was used. */
  record Data(String dataset, List<String> paths, int documents, long mentions) {}

  /** The scores of an epoch. */
  record Epoch(int epoch, double loss, double devPrecision, double devRecall, double devF1) {}

  /**
   * A training with one layer and one seed.
   *
   * @param layer that the classifier reads
   * @param seed of initial weights and order
   * @param bestEpoch the one with the best F1 on dev
   * @param devPrecision of that epoch: labelled spans that are right
   * @param devRecall of that epoch: gold mentions that were found and labelled right
   * @param devF1 of both
   * @param devDetectorRecall gold mentions of dev that the detector finds: no classifier's recall
   *     is higher
   * @param trainSpans spans that were learned from
   * @param unreachable gold mentions too long for a window, left out
   * @param failed documents that could not be read, left out
   * @param epochs all of them
   */
  record Run(
      int layer,
      long seed,
      int bestEpoch,
      double devPrecision,
      double devRecall,
      double devF1,
      double devDetectorRecall,
      long trainSpans,
      long unreachable,
      long failed,
      List<Epoch> epochs) {

    static Run of(
        int layer,
        long seed,
        ClassifierTrainer.Result result,
        SpanExamples train,
        SpanExamples dev) {
      TypedF1 best = result.best().dev();
      return new Run(
          layer,
          seed,
          result.best().epoch(),
          best.precision(),
          best.recall(),
          best.f1(),
          dev.goldSpans() == 0 ? 0 : (double) dev.detectedGold() / dev.goldSpans(),
          train.spans(),
          train.unreachable() + dev.unreachable(),
          train.failed() + dev.failed(),
          result.epochs().stream()
              .map(
                  epoch ->
                      new Epoch(
                          epoch.epoch(),
                          epoch.loss(),
                          epoch.dev().precision(),
                          epoch.dev().recall(),
                          epoch.dev().f1()))
              .toList());
    }
  }

  @Override
  public String summary() {
    StringJoiner lines = new StringJoiner("\n");
    Run best = runs.stream().max(Comparator.comparingDouble(Run::devF1)).orElseThrow();
    lines.add("");
    lines.add("  classes    %s".formatted(String.join(", ", classes.subList(1, classes.size()))));
    lines.add(
        String.format(
            Locale.ROOT,
            "  learned    from %,d spans, %,d parameters",
            best.trainSpans(),
            parameters));
    lines.add(
        String.format(
            Locale.ROOT,
            "  best       layer %d, seed %d, epoch %d: dev P %.4f R %.4f F1 %.4f; the detector finds %.4f",
            layer,
            seed,
            epoch,
            best.devPrecision(),
            best.devRecall(),
            best.devF1(),
            best.devDetectorRecall()));
    if (runs.size() > 1) {
      double mean = runs.stream().mapToDouble(Run::devF1).average().orElseThrow();
      double lowest = runs.stream().mapToDouble(Run::devF1).min().orElseThrow();
      lines.add(
          String.format(
              Locale.ROOT,
              "  all %d runs dev F1 %.4f to %.4f, mean %.4f",
              runs.size(),
              lowest,
              best.devF1(),
              mean));
    }
    if (best.unreachable() + best.failed() > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  note: %,d mentions longer than a window and %,d unreadable documents are left out",
              best.unreachable(),
              best.failed()));
    }
    lines.add("  written to %s".formatted(output));
    return lines.toString();
  }
}
