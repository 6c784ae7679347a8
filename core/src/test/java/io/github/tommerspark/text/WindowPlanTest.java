package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WindowPlanTest {

  /** A plan that is valid for a head with sliding window w. */
  record Case(WindowPlan plan, int w) {}

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<Integer> windows = Arbitraries.integers().between(0, 30);
    Arbitrary<Integer> moreOverlap = Arbitraries.integers().between(0, 20);
    Arbitrary<Integer> moreContent = Arbitraries.integers().between(0, 60);
    Arbitrary<Boolean> causal = Arbitraries.of(true, false);
    return Combinators.combine(windows, moreOverlap, moreContent, causal)
        .as(
            (w, o, c, left) -> {
              int overlap = (left ? w + 2 : 2 * (w + 2)) + o;
              return new Case(new WindowPlan(2 * overlap + c, overlap, left), w);
            });
  }

  @Property
  void everyEndIsOwnedOnceWithItsContext(
      @ForAll("cases") Case c, @ForAll @IntRange(min = 0, max = 1000) int tokens) {
    List<Window> windows = c.plan().windows(tokens);
    for (int end = 0; end < tokens; end++) {
      int at = end;
      List<Window> owners = windows.stream().filter(window -> window.owns(at)).toList();
      assertThat(owners).as("owners of end %d", end).hasSize(1);
      Window owner = owners.get(0);
      // w + 1 tokens to the left, so that the leftmost start is not the window's first token.
      assertThat(owner.from()).isLessThanOrEqualTo(Math.max(0, end - c.w() - 1));
      int toTheRight = c.plan().leftContextOnly() ? 1 : c.w() + 1;
      assertThat(owner.to()).isGreaterThan(Math.min(tokens - 1, end + toTheRight));
    }
  }

  @Property
  void windowsAdvanceByTheStrideAndEndWithTheText(
      @ForAll("cases") Case c, @ForAll @IntRange(min = 1, max = 1000) int tokens) {
    List<Window> windows = c.plan().windows(tokens);
    int stride = c.plan().content() - c.plan().overlap();
    int margin = c.plan().leftContextOnly() ? c.plan().overlap() - 1 : c.plan().overlap() / 2;
    for (int k = 0; k < windows.size(); k++) {
      Window window = windows.get(k);
      boolean last = k == windows.size() - 1;
      assertThat(window.from()).isEqualTo(k * stride);
      assertThat(window.ownFrom()).isEqualTo(k == 0 ? 0 : k * stride + margin);
      if (last) {
        assertThat(window.to()).isEqualTo(tokens);
        assertThat(window.size()).isLessThanOrEqualTo(c.plan().content());
      } else {
        assertThat(window.size()).isEqualTo(c.plan().content());
        assertThat(window.to()).as("another window is needed").isLessThan(tokens);
      }
    }
  }

  @Property
  void aTextThatFitsIsOneWindow(
      @ForAll("cases") Case c, @ForAll @IntRange(min = 1, max = 1000) int tokens) {
    Assume.that(tokens <= c.plan().content());
    assertThat(c.plan().windows(tokens)).containsExactly(new Window(0, tokens, 0, tokens));
  }

  @Test
  void noTokensNoWindows() {
    assertThat(new WindowPlan(10, 5, true).windows(0)).isEmpty();
  }

  @Test
  void aDocumentNearTheLargestSizeDoesNotOverflow() {
    List<Window> windows = new WindowPlan(1 << 28, 64, true).windows(Integer.MAX_VALUE);
    assertThat(windows.get(windows.size() - 1).to()).isEqualTo(Integer.MAX_VALUE);
    assertThat(windows).hasSize(9);
  }

  @Test
  void contentIsWhatSpecialTokensLeave() {
    assertThat(WindowPlan.of(1024, 1, 1, OptionalInt.empty(), 25, true, true))
        .isEqualTo(new WindowPlan(1022, 64, true));
  }

  @Test
  void theDefaultOverlapGrowsWithTheSlidingWindow() {
    assertThat(WindowPlan.of(1024, 1, 0, OptionalInt.empty(), 100, true, true).overlap())
        .isEqualTo(102);
    assertThat(WindowPlan.of(1024, 1, 0, OptionalInt.empty(), 100, true, false).overlap())
        .isEqualTo(204);
    assertThat(WindowPlan.of(1024, 1, 0, OptionalInt.empty(), 0, false, false).overlap())
        .isEqualTo(64);
  }

  @Test
  void shortWindowsOverlapByAnEighth() {
    assertThat(WindowPlan.of(256, 1, 0, OptionalInt.empty(), 25, true, true).overlap())
        .isEqualTo(31);
    assertThat(WindowPlan.of(128, 1, 0, OptionalInt.empty(), 25, true, true).overlap())
        .isEqualTo(27);
    assertThat(WindowPlan.of(256, 1, 1, OptionalInt.empty(), 25, false, true).overlap())
        .isEqualTo(54);
    assertThat(WindowPlan.of(256, 1, 0, OptionalInt.empty(), 0, true, true).overlap())
        .isEqualTo(64);
  }

  @Test
  void oneSideOnlyWhenBackboneAndHeadAreCausal() {
    assertThat(WindowPlan.of(512, 1, 1, OptionalInt.empty(), 5, true, true).leftContextOnly())
        .isTrue();
    assertThat(WindowPlan.of(512, 1, 1, OptionalInt.empty(), 5, false, true).leftContextOnly())
        .isFalse();
    assertThat(WindowPlan.of(512, 1, 1, OptionalInt.empty(), 5, true, false).leftContextOnly())
        .isFalse();
  }

  @Test
  void refusesAnOverlapThatTheHeadCannotUse() {
    assertThatThrownBy(() -> WindowPlan.of(256, 1, 0, OptionalInt.of(20), 25, true, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot use ‹overlap› 20: a head with sliding window 25 needs at least 27;"
                + " use ‹overlap› 27 or more");
    assertThatThrownBy(() -> WindowPlan.of(64, 1, 1, OptionalInt.of(20), 25, false, true))
        .hasMessage(
            "Cannot use ‹overlap› 20: a head with sliding window 25 and context on both sides"
                + " needs at least 54; use ‹overlap› 54 or more and ‹maxTokens› 110 or more");
  }

  @Test
  void refusesAnOverlapOfMoreThanHalf() {
    assertThatThrownBy(() -> WindowPlan.of(101, 1, 0, OptionalInt.empty(), 0, true, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot use the default overlap 64 with ‹maxTokens› 101: of these 1 are special"
                + " tokens and the overlap may be at most half of the other 100;"
                + " use ‹maxTokens› 129 or more, or ‹overlap› from 2 to 50");
    assertThatThrownBy(() -> WindowPlan.of(32, 1, 1, OptionalInt.of(40), 25, true, true))
        .hasMessage(
            "Cannot use ‹overlap› 40 with ‹maxTokens› 32: of these 2 are special tokens and the"
                + " overlap may be at most half of the other 30; use ‹maxTokens› 82 or more,"
                + " or ‹maxTokens› 56 or more with ‹overlap› 27");
    assertThatThrownBy(() -> WindowPlan.of(1, 1, 1, OptionalInt.empty(), 100, true, true))
        .hasMessage(
            "Cannot use the default overlap 102 with ‹maxTokens› 1: of these 2 are special"
                + " tokens and the overlap may be at most half of the other 0;"
                + " use ‹maxTokens› 206 or more");
  }

  /** What a refusal proposes is accepted. */
  @Property
  void theRemedyWorks(
      @ForAll @IntRange(min = 0, max = 100) int w,
      @ForAll @IntRange(min = 1, max = 300) int maxTokens,
      @ForAll boolean causal) {
    try {
      WindowPlan.of(maxTokens, 1, 1, OptionalInt.empty(), w, causal, causal);
    } catch (IllegalArgumentException refused) {
      Matcher numbers =
          Pattern.compile("use ‹maxTokens› (\\d+) or more").matcher(refused.getMessage());
      assertThat(numbers.find()).isTrue();
      int enough = Integer.parseInt(numbers.group(1));
      assertThat(enough).isGreaterThan(maxTokens);
      assertThat(WindowPlan.of(enough, 1, 1, OptionalInt.empty(), w, causal, causal).content())
          .isEqualTo(enough - 2);
    }
  }

  @Test
  void refusesImpossiblePlans() {
    assertThatThrownBy(() -> new WindowPlan(10, 6, true))
        .hasMessage(
            "Cannot overlap windows of 10 content tokens by 6: the overlap must be from 1 to 5");
    assertThatThrownBy(() -> new WindowPlan(10, 0, true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Window(5, 10, 4, 8))
        .hasMessage("Cannot make a window of tokens [5, 10) that owns [4, 8)");
  }
}
