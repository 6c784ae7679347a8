package io.github.tommerspark.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.head.HeadAdditions;
import io.github.tommerspark.head.HeadConfig;
import io.github.tommerspark.head.HeadType;
import io.github.tommerspark.head.ScoreNormalization;
import io.github.tommerspark.text.WindowPlan;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AdmissibleSpansTest {

  /** In one window, the cells of the mask. */
  @Property
  void oneWindow(
      @ForAll boolean causal,
      @ForAll @IntRange(max = 6) int window,
      @ForAll @IntRange(max = 1) int prefix,
      @ForAll @IntRange(max = 1) int suffix,
      @ForAll @IntRange(min = 1, max = 30) int tokens) {
    long cells = 0;
    int length = prefix + tokens + suffix;
    for (int end = 0; end < length; end++) {
      for (int start = 0; start < length; start++) {
        boolean inside =
            causal
                ? start != 0 && start <= end && (window == 0 || end - start <= window)
                : window == 0 || (start != 0 && Math.abs(end - start) <= window);
        cells += inside ? 1 : 0;
      }
    }
    WindowPlan plan = new WindowPlan(40, 10, causal);
    assertThat(AdmissibleSpans.count(head(causal, window), plan.windows(tokens), prefix, suffix))
        .isEqualTo(cells);
  }

  /** With a sliding window, cutting a text into windows changes nothing. */
  @Property
  void windowsOfALongText(
      @ForAll boolean causal,
      @ForAll @IntRange(min = 1, max = 6) int window,
      @ForAll @IntRange(max = 1) int specials,
      @ForAll @IntRange(min = 1, max = 300) int tokens) {
    WindowPlan cut = new WindowPlan(40, 2 * (window + 2), causal);
    WindowPlan whole = new WindowPlan(1000, 2 * (window + 2), causal);
    assertThat(AdmissibleSpans.count(head(causal, window), cut.windows(tokens), specials, specials))
        .isEqualTo(
            AdmissibleSpans.count(head(causal, window), whole.windows(tokens), specials, specials));
  }

  private static HeadConfig head(boolean causal, int window) {
    return new HeadConfig(
        HeadType.PUBLISHED,
        "test",
        0,
        4,
        causal,
        window,
        true,
        ScoreNormalization.NONE,
        HeadAdditions.NONE);
  }
}
