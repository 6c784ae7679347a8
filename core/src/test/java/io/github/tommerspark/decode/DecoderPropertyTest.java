package io.github.tommerspark.decode;

import static io.github.tommerspark.decode.Span.decode;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiPredicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class DecoderPropertyTest {

  private static final int TOKENS = 24;

  @Property
  void greedyHasNoOverlapsAndIsMaximal(@ForAll("spans") List<Span> spans) {
    checkMaximal(Decoder.GREEDY, spans, Span::overlaps);
  }

  @Property
  void greedyNestedHasNoCrossingsAndIsMaximal(@ForAll("spans") List<Span> spans) {
    checkMaximal(Decoder.GREEDY_NESTED, spans, Span::crosses);
  }

  private static void checkMaximal(
      Decoder decoder, List<Span> spans, BiPredicate<Span, Span> conflict) {
    List<Span> kept = decode(decoder, spans, 0.25);
    for (Span one : kept) {
      assertThat(kept).noneMatch(other -> other != one && conflict.test(one, other));
    }
    // Whatever is left out is in conflict with a span of at least its score.
    assertThat(spans)
        .filteredOn(s -> s.score() > 0.25 && !kept.contains(s))
        .allMatch(s -> kept.stream().anyMatch(k -> conflict.test(k, s) && k.score() >= s.score()));
  }

  @Property
  void flatReachesTheLargestSumOfSpansWithoutOverlap(@ForAll("fewSpans") List<Span> spans) {
    checkOptimal(Decoder.FLAT, spans, (a, b) -> !a.overlaps(b));
  }

  @Property
  void wellNestedReachesTheLargestSumOfStrictlyNestedSpans(@ForAll("fewSpans") List<Span> spans) {
    checkOptimal(
        Decoder.WELL_NESTED,
        spans,
        (a, b) -> !a.overlaps(b) || strictlyInside(a, b) || strictlyInside(b, a));
  }

  private static void checkOptimal(
      Decoder decoder, List<Span> spans, BiPredicate<Span, Span> compatible) {
    List<Span> kept = decode(decoder, spans, 0);
    for (Span one : kept) {
      assertThat(kept).allMatch(other -> other == one || compatible.test(one, other));
    }
    // Scores are multiples of 1/16: sums are exact in any order.
    assertThat(sum(kept)).isEqualTo(bestSum(spans, 0, new ArrayList<>(), compatible));
  }

  /** The largest sum over all subsets: with or without each span in turn. */
  private static double bestSum(
      List<Span> spans, int from, List<Span> taken, BiPredicate<Span, Span> compatible) {
    if (from == spans.size()) {
      return sum(taken);
    }
    double best = bestSum(spans, from + 1, taken, compatible);
    Span next = spans.get(from);
    if (taken.stream().allMatch(t -> compatible.test(t, next))) {
      taken.add(next);
      best = Math.max(best, bestSum(spans, from + 1, taken, compatible));
      taken.remove(taken.size() - 1);
    }
    return best;
  }

  @Property
  void sparseEqualsDense(
      @ForAll Decoder decoder,
      @ForAll("spans") List<Span> spans,
      @ForAll("thresholds") double threshold) {
    assertThat(decode(decoder, spans, threshold))
        .isEqualTo(DenseReference.decode(decoder, DenseReference.matrix(TOKENS, spans), threshold));
  }

  /** Scores of full precision: rounding of sums must be that of the dense recurrences too. */
  @Property
  void sparseEqualsDenseForAnyScores(@ForAll Decoder decoder, @ForAll Random random) {
    float[][] scores = new float[TOKENS][TOKENS];
    for (int start = 0; start < TOKENS; start++) {
      for (int end = start; end < TOKENS; end++) {
        scores[start][end] = random.nextFloat();
      }
    }
    double threshold = random.nextDouble();
    assertThat(decode(decoder, DenseReference.cells(scores), threshold))
        .isEqualTo(DenseReference.decode(decoder, scores, threshold));
  }

  @Property
  void orderOfCandidatesDoesNotMatter(
      @ForAll Decoder decoder, @ForAll("spans") List<Span> spans, @ForAll Random random) {
    List<Span> shuffled = new ArrayList<>(spans);
    Collections.shuffle(shuffled, random);
    assertThat(decode(decoder, shuffled, 0.25)).isEqualTo(decode(decoder, spans, 0.25));
  }

  @Property
  void candidatesBelowTheThresholdMakeNoDifference(
      @ForAll Decoder decoder, @ForAll("spans") List<Span> spans) {
    List<Span> above = spans.stream().filter(s -> s.score() >= 0.5f).toList();
    assertThat(decode(decoder, spans, 0.5)).isEqualTo(decode(decoder, above, 0.5));
  }

  @Property
  void mentionsAreDistinctCandidatesSortedByPosition(
      @ForAll Decoder decoder, @ForAll("spans") List<Span> spans) {
    List<Span> kept = decode(decoder, spans, 0.25);
    assertThat(spans).containsAll(kept);
    assertThat(kept).doesNotHaveDuplicates().isSortedAccordingTo(Span.BY_START_AND_END);
  }

  /**
   * Cost is in the candidates: positions near the largest int need no more memory than small ones.
   */
  @Property
  void onlyTheOrderOfPositionsMatters(@ForAll Decoder decoder, @ForAll("spans") List<Span> spans) {
    List<Span> far = spans.stream().map(DecoderPropertyTest::far).toList();
    assertThat(decode(decoder, far, 0.25))
        .isEqualTo(decode(decoder, spans, 0.25).stream().map(DecoderPropertyTest::far).toList());
  }

  private static Span far(Span span) {
    int stretch = Integer.MAX_VALUE / TOKENS;
    return new Span(span.start() * stretch, span.end() * stretch, span.score());
  }

  @Example
  void manyCandidatesOfOneLongDocument() {
    Candidates candidates = new Candidates();
    Random random = new Random(7);
    for (int i = 0; i < 300_000; i++) {
      int start = random.nextInt(60_000);
      candidates.add(start, start + random.nextInt(26), 0.05f + 0.95f * random.nextFloat());
    }
    double greedy = sum(Span.list(Decoder.GREEDY.decode(candidates, 0.05)));
    double flat = sum(Span.list(Decoder.FLAT.decode(candidates, 0.05)));
    double greedyNested = sum(Span.list(Decoder.GREEDY_NESTED.decode(candidates, 0.05)));
    double wellNested = sum(Span.list(Decoder.WELL_NESTED.decode(candidates, 0.05)));
    double lineColumn = sum(Span.list(Decoder.LINE_COL_GREEDY.decode(candidates, 0.05)));
    double all = sum(Span.list(Decoder.THRESHOLD.decode(candidates, 0.05)));

    assertThat(greedy).isPositive().isLessThan(flat);
    assertThat(flat).isLessThan(wellNested);
    assertThat(greedy).isLessThan(greedyNested);
    assertThat(all).isGreaterThan(wellNested).isGreaterThan(greedyNested).isGreaterThan(lineColumn);
  }

  /** Thousands of spans inside each other: nothing may recurse once per level. */
  @Example
  void deeplyNestedSpansAreAllKept() {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      spans.add(new Span(i, 20_000 - i, 0.75f));
    }
    assertThat(decode(Decoder.WELL_NESTED, spans, 0.5)).isEqualTo(spans);
    assertThat(decode(Decoder.GREEDY_NESTED, spans, 0.5)).isEqualTo(spans);
  }

  @Provide
  Arbitrary<List<Span>> spans() {
    return distinctSpans(80);
  }

  /** Few enough to try all subsets. */
  @Provide
  Arbitrary<List<Span>> fewSpans() {
    return distinctSpans(12);
  }

  /** Some equal to scores, some between them. */
  @Provide
  Arbitrary<Double> thresholds() {
    return Arbitraries.of(0., 0.05, 0.25, 0.4, 0.5, 0.9);
  }

  /** Few score levels, so that there are ties; multiples of 1/16, so that sums are exact. */
  private static Arbitrary<List<Span>> distinctSpans(int maxSize) {
    Arbitrary<Integer> positions = Arbitraries.integers().between(0, TOKENS - 1);
    Arbitrary<Float> scores =
        Arbitraries.integers().between(1, 16).map(sixteenths -> sixteenths / 16f);
    return Combinators.combine(positions, positions, scores)
        .as((a, b, score) -> new Span(Math.min(a, b), Math.max(a, b), score))
        .list()
        .ofMaxSize(maxSize)
        .uniqueElements(s -> s.start() * TOKENS + s.end());
  }

  private static boolean strictlyInside(Span inner, Span outer) {
    return outer.start() < inner.start() && inner.end() < outer.end();
  }

  private static double sum(List<Span> spans) {
    return spans.stream().mapToDouble(Span::score).sum();
  }
}
