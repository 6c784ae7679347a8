package io.github.tommerspark.eval;

import io.github.tommerspark.classify.ClassifierConfig;
import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.detect.ScoredText;
import io.github.tommerspark.detect.SpanLabels;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Predictions decoded from a model's scores.
 *
 * <p>For tokens these are the decoded token spans themselves, as in the published protocol: spans
 * without characters and several spans over the same characters (pieces of one character) all
 * count. For characters they are the mentions that annotating writes.
 */
public final class ScoredTextPredictions implements DocumentPredictions {

  /** Decoding what they selected at a lower threshold gives what decoding everything would. */
  private static final Set<Decoder> SELECT_FROM_THE_TOP =
      EnumSet.of(Decoder.THRESHOLD, Decoder.GREEDY, Decoder.GREEDY_NESTED, Decoder.LINE_COL_GREEDY);

  private final ScoredText scored;
  private final SpanMatching matching;
  private final Decoder decoder;
  private final double threshold;

  private @Nullable Candidates selected;
  private double selectedAt = -1;
  private @Nullable Map<MatchKey, Float> scores;

  /**
   * Wraps the scores of one text.
   *
   * @param scored the scores
   * @param matching what to compare
   * @param decoder the model's decoder
   * @param threshold the model's own threshold
   */
  public ScoredTextPredictions(
      ScoredText scored, SpanMatching matching, Decoder decoder, double threshold) {
    this.scored = scored;
    this.matching = matching;
    this.decoder = decoder;
    this.threshold = threshold;
  }

  /**
   * Returns whether what a decoder selects at a threshold is what it selects at any lower one, less
   * the mentions whose scores do not pass.
   */
  public static boolean selectsFromTheTop(Decoder decoder) {
    return SELECT_FROM_THE_TOP.contains(decoder);
  }

  @Override
  public @Nullable MatchKey key(int start, int end) {
    return switch (matching) {
      case TOKEN -> TokenMatching.tokens(scored.tokens(), start, end).orElse(null);
      case CHAR -> new MatchKey(start, end);
    };
  }

  @Override
  public List<Prediction> predictions() {
    return predictions(threshold);
  }

  @Override
  public List<Prediction> predictions(double at) {
    Candidates before = selected;
    boolean narrows =
        at >= selectedAt && selectsFromTheTop(decoder) && scored.rankBy() == RankBy.MENTION;
    Candidates now =
        scored.decode(decoder, before != null && narrows ? before : scored.candidates(), at);
    selected = now;
    selectedAt = at;
    return keyed(now);
  }

  private List<Prediction> keyed(Candidates spans) {
    List<Prediction> predictions = new ArrayList<>(spans.size());
    if (matching == SpanMatching.TOKEN) {
      for (int i = 0; i < spans.size(); i++) {
        SpanLabels.Label label = scored.label(spans.start(i), spans.end(i));
        predictions.add(
            new Prediction(
                new MatchKey(spans.start(i), spans.end(i)),
                scored.start(spans.start(i)),
                scored.end(spans.end(i)),
                spans.score(i),
                label == null ? null : label.name()));
      }
    } else if (spans.size() > 0) {
      for (Mention mention : scored.mentions(spans)) {
        predictions.add(
            new Prediction(
                new MatchKey(mention.start(), mention.end()),
                mention.start(),
                mention.end(),
                mention.score(),
                scored.labels() != null && mention.label() == null
                    ? ClassifierConfig.OUTSIDE
                    : mention.label()));
      }
    }
    return predictions;
  }

  @Override
  public OptionalDouble score(MatchKey key) {
    if (scores == null) {
      scores = new HashMap<>();
      for (Prediction prediction : keyed(scored.candidates())) {
        scores.merge(prediction.key(), prediction.score(), Math::max);
      }
    }
    Float score = scores.get(key);
    return score == null ? OptionalDouble.empty() : OptionalDouble.of(score);
  }

  @Override
  public OptionalLong candidateSpans() {
    return OptionalLong.of(scored.candidateSpans());
  }

  @Override
  public @Nullable String error() {
    return scored.error();
  }
}
