package io.github.tommerspark.eval;

import io.github.tommerspark.detect.Mention;
import io.github.tommerspark.text.TokenizedText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Predictions that were decoded and written before, as mentions of the text.
 *
 * <p>For tokens they are mapped as gold mentions are; of several that come to the same tokens the
 * best score stays.
 */
public final class MentionPredictions implements DocumentPredictions {

  private final @Nullable TokenizedText tokens;
  private final OptionalLong candidateSpans;
  private final @Nullable String error;
  private final List<Prediction> predictions = new ArrayList<>();
  private final Map<MatchKey, Prediction> byKey = new LinkedHashMap<>();

  private MentionPredictions(
      List<Mention> mentions,
      @Nullable TokenizedText tokens,
      OptionalLong candidateSpans,
      @Nullable String error) {
    this.tokens = tokens;
    this.candidateSpans = candidateSpans;
    this.error = error;
    List<Prediction> withoutKey = new ArrayList<>();
    for (Mention mention : mentions) {
      Prediction prediction =
          new Prediction(
              key(mention.start(), mention.end()),
              mention.start(),
              mention.end(),
              mention.score(),
              mention.label());
      if (prediction.key() == null) {
        withoutKey.add(prediction);
      } else {
        byKey.merge(prediction.key(), prediction, (a, b) -> a.score() >= b.score() ? a : b);
      }
    }
    predictions.addAll(byKey.values());
    predictions.addAll(withoutKey);
  }

  /**
   * Mentions compared by their characters.
   *
   * @param mentions without two of the same characters, offsets in UTF-16 units
   * @param candidateSpans how many spans the model chose among, if that is known
   * @param error what went wrong, or null
   */
  public static MentionPredictions byCharacters(
      List<Mention> mentions, OptionalLong candidateSpans, @Nullable String error) {
    return new MentionPredictions(mentions, null, candidateSpans, error);
  }

  /**
   * Mentions compared by the tokens they stand for.
   *
   * @param mentions offsets in UTF-16 units
   * @param tokens of the text
   * @param candidateSpans how many spans the model chose among, if that is known
   * @param error what went wrong, or null
   */
  public static MentionPredictions byTokens(
      List<Mention> mentions,
      TokenizedText tokens,
      OptionalLong candidateSpans,
      @Nullable String error) {
    return new MentionPredictions(mentions, tokens, candidateSpans, error);
  }

  @Override
  public @Nullable MatchKey key(int start, int end) {
    return tokens == null
        ? new MatchKey(start, end)
        : TokenMatching.tokens(tokens, start, end).orElse(null);
  }

  @Override
  public List<Prediction> predictions() {
    return List.copyOf(predictions);
  }

  /** Those of the written mentions whose score is above the threshold, compared as floats. */
  @Override
  public List<Prediction> predictions(double threshold) {
    return predictions.stream().filter(p -> p.score() > (float) threshold).toList();
  }

  @Override
  public OptionalDouble score(MatchKey key) {
    Prediction prediction = byKey.get(key);
    return prediction == null ? OptionalDouble.empty() : OptionalDouble.of(prediction.score());
  }

  @Override
  public OptionalLong candidateSpans() {
    return candidateSpans;
  }

  @Override
  public @Nullable String error() {
    return error;
  }
}
