package io.github.tommerspark.detect;

import io.github.tommerspark.detect.PackedBatch.Sequence;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds windows whose scores mean nothing.
 *
 * @param models whose heads score, in order
 * @param dtype type of the products, for people
 */
record ScoreFailures(List<ModelPlan> models, String dtype) {

  /** The windows whose hidden states or scores are not finite, and where that began. */
  Map<Sequence, String> of(PackedBatch batch, SpanScorer.Scores scores) {
    Map<Sequence, String> failures = new IdentityHashMap<>();
    int[] owner = batch.sequenceOfToken();
    for (SpanScorer.NotFinite found : scores.notFinite()) {
      failures.putIfAbsent(
          batch.sequence(owner[found.token()]),
          String.format(
              Locale.ROOT, "hidden states of layer %d are not finite in %s", found.layer(), dtype));
    }
    for (int model = 0; model < scores.heads().size(); model++) {
      ScoredSpans spans = scores.heads().get(model);
      for (int i = 0; i < spans.scores().length; i++) {
        boolean finite =
            Float.isFinite(spans.scores()[i])
                && (spans.labelScores() == null || Float.isFinite(spans.labelScores()[i]));
        if (!finite) {
          failures.putIfAbsent(
              batch.sequence(owner[(int) spans.ends()[i]]),
              String.format(
                  Locale.ROOT,
                  "scores of model %s are not finite, though the hidden states of layer %d are",
                  models.get(model).spec().name(),
                  models.get(model).head().config().layer()));
        }
      }
    }
    return failures;
  }
}
