package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.text.TokenizedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TokenMatchingTest {

  @Test
  void asThePublishedFunction() throws IOException {
    JsonNode cases =
        new JsonMapper().readTree(Golden.root().resolve("end_to_end/char_to_token.json").toFile());
    assertThat(cases).isNotEmpty();
    for (JsonNode one : cases) {
      List<int[]> offsets = new ArrayList<>();
      one.get("offsets").forEach(o -> offsets.add(new int[] {o.get(0).asInt(), o.get(1).asInt()}));
      // Special tokens, which our tokens do not contain, are (0, 0).
      int before = isSpecial(offsets.get(0)) ? 1 : 0;
      offsets.subList(0, before).clear();
      if (!offsets.isEmpty() && isSpecial(offsets.get(offsets.size() - 1))) {
        offsets.remove(offsets.size() - 1);
      }
      int first = one.get("token").get(0).asInt();
      int last = one.get("token").get(1).asInt();
      assertThat(
              TokenMatching.tokens(
                  tokens(offsets), one.get("char").get(0).asInt(), one.get("char").get(1).asInt()))
          .as(one.toString())
          .isEqualTo(
              first < 0
                  ? Optional.empty()
                  : Optional.of(new MatchKey(first - before, last - before)));
    }
  }

  private static boolean isSpecial(int[] offsets) {
    return offsets[0] == 0 && offsets[1] == 0;
  }

  /** Tokens with gaps, empty tokens and several on the same characters. */
  @Property
  void asALinearSearch(
      @ForAll @Size(max = 12) List<@IntRange(max = 3) Integer> gaps,
      @ForAll @Size(max = 12) List<@IntRange(max = 3) Integer> sizes,
      @ForAll @IntRange(max = 40) int start,
      @ForAll @IntRange(min = 1, max = 10) int length) {
    List<int[]> offsets = new ArrayList<>();
    int at = 0;
    for (int i = 0; i < Math.min(gaps.size(), sizes.size()); i++) {
      boolean piece = gaps.get(i) == 3 && !offsets.isEmpty();
      int[] token =
          piece
              ? offsets.get(offsets.size() - 1).clone()
              : new int[] {at + gaps.get(i), at + gaps.get(i) + sizes.get(i)};
      offsets.add(token);
      at = token[1];
    }
    assertThat(TokenMatching.tokens(tokens(offsets), start, start + length))
        .isEqualTo(linear(offsets, start, start + length));
  }

  private static Optional<MatchKey> linear(List<int[]> offsets, int start, int end) {
    int first = -1;
    for (int i = 0; i < offsets.size(); i++) {
      int[] token = offsets.get(i);
      if (first < 0 && token[0] <= start && start < token[1]) {
        first = i;
      }
      if (first >= 0 && token[0] < end && end <= token[1]) {
        return Optional.of(new MatchKey(first, i));
      }
    }
    return first < 0 ? Optional.empty() : Optional.of(new MatchKey(first, first));
  }

  private static TokenizedText tokens(List<int[]> offsets) {
    return TokenizedText.of(
        new int[offsets.size()],
        offsets.stream().mapToInt(o -> o[0]).toArray(),
        offsets.stream().mapToInt(o -> o[1]).toArray());
  }
}
