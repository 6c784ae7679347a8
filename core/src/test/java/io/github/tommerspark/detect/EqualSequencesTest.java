package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.PackedBatch.Sequence;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.text.TokenizedText;
import io.github.tommerspark.text.Window;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class EqualSequencesTest {

  @Test
  void sequencesAreEqualIfTheirIdsAreWhereverTheyStand() {
    TokenizedText text = text(7, 8, 9, 7, 8);
    Sequence first = new Sequence(0, text, null, new Window(0, 2, 0, 1));
    Sequence second = new Sequence(0, text, null, new Window(3, 5, 4, 5));
    Sequence longer = new Sequence(0, text, null, new Window(0, 3, 0, 3));
    Sequence other = new Sequence(1, text(7, 8), null, new Window(0, 2, 0, 2));
    // The hash of (a, b) is that of (a + 1, b - 31).
    Sequence sameHash = new Sequence(2, text(6, 39), null, new Window(0, 2, 0, 2));
    EqualSequences equal = EqualSequences.of(List.of(first, longer, second, sameHash, other));
    assertThat(equal.distinct()).containsExactly(first, longer, sameHash);
    assertThat(equal.to(first)).containsExactly(first, second, other);
    assertThat(equal.to(longer)).containsExactly(longer);
    assertThat(equal.to(sameHash)).containsExactly(sameHash);
  }

  @Test
  void whatWasScoredOnceIsNotScoredAgain() throws IOException {
    String curie = "Marie Curie was born in Warsaw.";
    String paris = "Paris is the capital of France.";
    try (MentionDetector detector =
        MentionDetector.load(List.of(ModelSpec.bundled("nano-llama")), EngineOptions.defaults())) {
      List<List<Mention>> expected = detector.detect(List.of(curie, paris));
      long once = detector.work().windowTokens();
      assertThat(detector.detect(List.of(curie, paris, curie, curie)))
          .containsExactly(expected.get(0), expected.get(1), expected.get(0), expected.get(0));
      assertThat(detector.work().windowTokens()).isEqualTo(2 * once);

      // Tens of thousands of tokens, but only the first window and the last are others.
      detector.detect(List.of("a".repeat(50_000)));
      assertThat(detector.work().windowTokens() - 2 * once).isBetween(1L, 3 * 256L);
    }
  }

  private static TokenizedText text(int... ids) {
    return TokenizedText.of(ids, new int[ids.length], new int[ids.length]);
  }
}
