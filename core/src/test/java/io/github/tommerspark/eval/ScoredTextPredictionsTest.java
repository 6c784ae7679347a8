package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.decode.Candidates;
import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.RankBy;
import io.github.tommerspark.detect.ScoredText;
import io.github.tommerspark.text.TokenizedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ScoredTextPredictionsTest {

  /** The curve's short cut changes nothing: each point is what decoding everything there gives. */
  @Property(tries = 200)
  void everyThresholdIsDecodedAsIfAlone(@ForAll Decoder decoder, @ForAll long seed) {
    Random random = new Random(seed);
    int tokens = 1 + random.nextInt(12);
    Candidates candidates = new Candidates();
    for (int end = 0; end < tokens; end++) {
      for (int start = 0; start <= end; start++) {
        if (random.nextInt(3) > 0) {
          // Few values, so that ties and scores at a threshold occur.
          candidates.add(start, end, random.nextInt(20) / 20f);
        }
      }
    }
    ScoredText scored = scored("a".repeat(tokens), candidates);
    ScoredTextPredictions predictions =
        new ScoredTextPredictions(scored, SpanMatching.TOKEN, decoder, 0.4);
    for (double threshold : new double[] {0.4, 0.05, 0.1, 0.3, 0.4, 0.45, 0.8, 0.95}) {
      Candidates alone = decoder.decode(candidates, threshold);
      List<Prediction> found = predictions.predictions(threshold);
      assertThat(found.stream().map(Prediction::key))
          .containsExactlyElementsOf(
              IntStream.range(0, alone.size())
                  .mapToObj(i -> new MatchKey(alone.start(i), alone.end(i)))
                  .toList());
    }
  }

  @Test
  void tokenSpansCountEachAndMentionsOncePerCharacters() {
    Candidates candidates = new Candidates();
    candidates.add(0, 0, 0.9f);
    candidates.add(1, 1, 0.7f);
    candidates.add(0, 1, 0.8f);
    candidates.add(2, 2, 0.6f);
    // Two byte pieces of one character, and a blank token.
    ScoredText scored =
        new ScoredText(
            "é ",
            TokenizedText.of(new int[3], new int[] {0, 0, 1}, new int[] {1, 1, 2}),
            candidates,
            null,
            RankBy.MENTION,
            6,
            null);
    assertThat(keys(scored, SpanMatching.TOKEN))
        .containsExactly(
            new MatchKey(0, 0), new MatchKey(0, 1), new MatchKey(1, 1), new MatchKey(2, 2));
    assertThat(keys(scored, SpanMatching.CHAR)).containsExactly(new MatchKey(0, 1));
    ScoredTextPredictions chars =
        new ScoredTextPredictions(scored, SpanMatching.CHAR, Decoder.THRESHOLD, 0.95);
    assertThat(chars.predictions()).isEmpty();
    assertThat(chars.score(new MatchKey(0, 1))).hasValue(0.9f);
    assertThat(chars.score(new MatchKey(0, 2))).isEmpty();
  }

  private static List<MatchKey> keys(ScoredText scored, SpanMatching matching) {
    return new ScoredTextPredictions(scored, matching, Decoder.THRESHOLD, 0.5)
        .predictions().stream().map(Prediction::key).toList();
  }

  @Test
  void theGridRisesAndHasTheModelsOwnThreshold() {
    double[] grid = ThresholdGrid.of(0.123, 0.01);
    assertThat(grid).isSorted().doesNotHaveDuplicates().contains(0.01, 0.123, 0.5, 0.999, 0.9999);
    assertThat(ThresholdGrid.of(0.5, 0.5)).startsWith(0.5).contains(0.51).hasSize(68);
    assertThat(ThresholdGrid.of(0.001, 0.001)).startsWith(0.001, 0.01);
  }

  private static ScoredText scored(String text, Candidates candidates) {
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < text.length(); i++) {
      starts.add(i);
    }
    int[] at = starts.stream().mapToInt(i -> i).toArray();
    int[] ends = starts.stream().mapToInt(i -> i + 1).toArray();
    return new ScoredText(
        text, TokenizedText.of(at, at, ends), candidates, null, RankBy.MENTION, 0, null);
  }
}
