package io.github.tommerspark.jobs.train;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.train.LabelExamples;
import io.github.tommerspark.train.LabelTrainer;
import io.github.tommerspark.train.Reliability;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The result of training a label model: the content of {@code training.json}. Field names in the
 * file are in snake case.
 *
 * @param kind always {@code label_model_training}
 * @param product and its version
 * @param created ISO 8601 in UTC
 * @param options as they were given
 * @param model the detector
 * @param train what was learned from
 * @param dev what accuracy is reported on
 * @param labels how many were learned from
 * @param parameters of the model
 * @param layer that the best run reads
 * @param seed of the best run
 * @param runs all of them
 * @param output where it was written
 */
public record TrainedLabelModel(
    String kind,
    String product,
    String created,
    Map<String, String> options,
    Provenance.Model model,
    List<TrainedClassifier.Data> train,
    List<TrainedClassifier.Data> dev,
    int labels,
    long parameters,
    int layer,
    long seed,
    List<Run> runs,
    @JsonIgnore String output)
    implements TrainingRecord {

  /** The scores of an epoch; accuracy as {@link LabelTrainer.Epoch} has it. */
  record Epoch(int epoch, double loss, double devAccuracy) {}

  /**
   * A training with one layer and one seed.
   *
   * @param layer that the model reads
   * @param seed of initial weights and order
   * @param devAccuracy of the last epoch
   * @param reliability of the probabilities of labels on dev
   * @param trainMentions gold mentions that were learned from
   * @param otherSpans spans that the detector finds and that are not gold
   * @param unreachable gold mentions too long for a window, left out
   * @param failed documents that could not be read, left out
   * @param epochs all of them
   */
  record Run(
      int layer,
      long seed,
      double devAccuracy,
      Reliability reliability,
      long trainMentions,
      long otherSpans,
      long unreachable,
      long failed,
      List<Epoch> epochs) {

    static Run of(
        int layer, long seed, LabelTrainer.Result result, LabelExamples train, LabelExamples dev) {
      List<Epoch> epochs =
          result.epochs().stream()
              .map(epoch -> new Epoch(epoch.epoch(), epoch.loss(), epoch.accuracy()))
              .toList();
      return new Run(
          layer,
          seed,
          epochs.get(epochs.size() - 1).devAccuracy(),
          result.reliability(),
          train.goldSpans(),
          train.otherSpans(),
          train.unreachable() + dev.unreachable(),
          train.failed() + dev.failed(),
          epochs);
    }
  }

  @Override
  public String summary() {
    StringJoiner lines = new StringJoiner("\n");
    Run best =
        runs.stream()
            .filter(run -> run.layer() == layer && run.seed() == seed)
            .findFirst()
            .orElseThrow();
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "  learned    %,d labels from %,d mentions, %,d parameters",
            labels,
            best.trainMentions(),
            parameters));
    lines.add(
        String.format(
            Locale.ROOT,
            "  best       layer %d, seed %d: %.4f of the dev mentions get their own type among 20 labels",
            layer,
            seed,
            best.devAccuracy()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  calibrated probabilities of labels are off by %.3f on average on the dev mentions",
            best.reliability().error()));
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
