package io.github.tommerspark.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LabelTallyTest {

  @Test
  void kappaOfTwoLabelsIsAsByHand() {
    // po = 35/50; pe = 25/50 · 30/50 + 25/50 · 20/50 = 1/2.
    LabelTally tally = new LabelTally();
    add(tally, 20, "person", "person");
    add(tally, 5, "person", "place");
    add(tally, 10, "place", "person");
    add(tally, 15, "place", "place");
    LabelAgreement agreement = tally.agreement();
    assertThat(agreement.mentions()).isEqualTo(50);
    assertThat(agreement.same()).isEqualTo(35);
    assertThat(agreement.kappa()).isCloseTo(0.4, within(1e-15));
    // Of two classes each is the rest of the other.
    assertThat(agreement.byLabel())
        .extracting(LabelAgreement.ByLabel::label)
        .containsExactly("person", "place");
    assertThat(agreement.byLabel())
        .allSatisfy(label -> assertThat(label.kappa()).isCloseTo(0.4, within(1e-15)));
    assertThat(agreement.byLabel().get(0))
        .usingRecursiveComparison()
        .ignoringFields("kappa")
        .isEqualTo(new LabelAgreement.ByLabel("person", 25, 30, 20, 0));
  }

  @Test
  void noLabelIsAClass() {
    LabelTally tally = new LabelTally();
    tally.add("person", "person");
    tally.add("person", "place");
    tally.add("place", "place");
    tally.add(null, null);
    // po = 3/4; pe = 2/4 · 1/4 + 1/4 · 2/4 + 1/4 · 1/4 = 5/16.
    LabelAgreement agreement = tally.agreement();
    assertThat(agreement.kappa()).isCloseTo(7 / 11.0, within(1e-15));
    // One against the rest: po = 3/4, pe = 2/4 · 1/4 + 2/4 · 3/4 = 1/2.
    assertThat(agreement.byLabel())
        .containsExactly(
            new LabelAgreement.ByLabel("person", 2, 1, 1, 0.5),
            new LabelAgreement.ByLabel("place", 1, 2, 1, 0.5),
            new LabelAgreement.ByLabel(null, 1, 1, 1, 1));
  }

  @Test
  void chanceIsZeroAndLessIsNegative() {
    LabelTally chance = new LabelTally();
    add(chance, 9, "x", "x");
    add(chance, 3, "x", "y");
    add(chance, 3, "y", "x");
    add(chance, 1, "y", "y");
    assertThat(chance.agreement().kappa()).isZero();

    LabelTally opposite = new LabelTally();
    opposite.add("x", "y");
    opposite.add("y", "x");
    assertThat(opposite.agreement().kappa()).isEqualTo(-1);
  }

  @Test
  void oneLabelForAllIsAgreementAndOneOfEachIsNone() {
    LabelTally same = new LabelTally();
    add(same, 3, "x", "x");
    assertThat(same.agreement().kappa()).isEqualTo(1);
    assertThat(same.agreement().byLabel())
        .containsExactly(new LabelAgreement.ByLabel("x", 3, 3, 3, 1));

    // pe = 0: each model always says the same, but not the same as the other.
    LabelTally different = new LabelTally();
    add(different, 3, "x", null);
    assertThat(different.agreement().kappa()).isZero();
  }

  @Test
  void withoutAnyLabelThereIsNoAgreement() {
    LabelTally tally = new LabelTally();
    assertThat(tally.agreement()).isNull();
    tally.add(null, null);
    assertThat(tally.agreement()).isNull();
  }

  @Test
  void labelsAreBoundedWhicheverPartTheyAreIn() {
    LabelTally whole = new LabelTally();
    LabelTally first = new LabelTally();
    LabelTally second = new LabelTally();
    for (int i = 0; i < LabelTally.MAX_LABELS; i++) {
      whole.add("label " + i, null);
      (i % 2 == 0 ? first : second).add("label " + i, null);
    }
    first.merge(second);
    for (LabelTally tally : List.of(whole, first)) {
      assertThat(tally.isOverflowed()).isFalse();
      // Those, and none.
      assertThat(tally.agreement().byLabel()).hasSize(LabelTally.MAX_LABELS + 1);
    }
    assertThat(first.agreement()).isEqualTo(whole.agreement());

    LabelTally more = new LabelTally();
    more.add(null, "one more");
    first.merge(more);
    whole.add(null, "one more");
    more.merge(whole);
    for (LabelTally tally : List.of(whole, first, more)) {
      assertThat(tally.isOverflowed()).isTrue();
      tally.add("label 0", "label 0");
      assertThat(tally.agreement()).isNull();
    }
  }

  @Provide
  Arbitrary<List<List<String>>> ratings() {
    return Arbitraries.of("x", "y", "z")
        .injectNull(0.25)
        .list()
        .ofSize(2)
        .list()
        .ofMinSize(1)
        .ofMaxSize(30);
  }

  @Property
  void isWhatTheDefinitionSays(@ForAll("ratings") List<List<String>> ratings) {
    LabelAgreement agreement = tally(ratings).agreement();
    if (agreement == null) {
      assertThat(ratings).allMatch(pair -> pair.get(0) == null && pair.get(1) == null);
      return;
    }
    assertThat(agreement.kappa()).isCloseTo(kappa(ratings), within(1e-12)).isLessThanOrEqualTo(1);
    TreeSet<String> given = new TreeSet<>();
    ratings.forEach(pair -> pair.forEach(label -> given.add(String.valueOf(label))));
    assertThat(agreement.byLabel())
        .extracting(label -> String.valueOf(label.label()))
        .containsExactlyInAnyOrderElementsOf(given);
    for (LabelAgreement.ByLabel label : agreement.byLabel()) {
      List<List<String>> binary =
          ratings.stream()
              .map(
                  pair ->
                      pair.stream()
                          .map(l -> Objects.equals(l, label.label()) ? "this" : "rest")
                          .toList())
              .toList();
      assertThat(label.kappa()).isCloseTo(kappa(binary), within(1e-12));
      assertThat(label.both())
          .isEqualTo(binary.stream().filter(p -> p.equals(List.of("this", "this"))).count());
    }
  }

  @Property
  void isSymmetricAndOneForTheSame(@ForAll("ratings") List<List<String>> ratings) {
    LabelAgreement agreement = tally(ratings).agreement();
    LabelAgreement swapped =
        tally(ratings.stream().map(pair -> Arrays.asList(pair.get(1), pair.get(0))).toList())
            .agreement();
    assertThat(swapped == null).isEqualTo(agreement == null);
    if (agreement != null) {
      assertThat(swapped.kappa()).isEqualTo(agreement.kappa());
      assertThat(swapped.same()).isEqualTo(agreement.same());
      assertThat(swapped.byLabel())
          .extracting(LabelAgreement.ByLabel::kappa)
          .isEqualTo(agreement.byLabel().stream().map(LabelAgreement.ByLabel::kappa).toList());
    }
    LabelAgreement same =
        tally(ratings.stream().map(pair -> Arrays.asList(pair.get(0), pair.get(0))).toList())
            .agreement();
    if (same != null) {
      assertThat(same.kappa()).isEqualTo(1);
      assertThat(same.byLabel()).allMatch(label -> label.kappa() == 1);
    }
  }

  @Property
  void partsEqualTheWhole(@ForAll("ratings") List<List<String>> ratings, @ForAll Random random) {
    LabelTally[] parts = {new LabelTally(), new LabelTally(), new LabelTally()};
    for (List<String> pair : ratings) {
      parts[random.nextInt(3)].add(pair.get(0), pair.get(1));
    }
    parts[2].merge(parts[0]);
    parts[2].merge(parts[1]);
    assertThat(parts[2].agreement()).isEqualTo(tally(ratings).agreement());
  }

  private static double kappa(List<List<String>> ratings) {
    double n = ratings.size();
    double observed = 0;
    double expected = 0;
    for (List<String> one : ratings) {
      observed += Objects.equals(one.get(0), one.get(1)) ? 1 / n : 0;
      for (List<String> other : ratings) {
        expected += Objects.equals(one.get(0), other.get(1)) ? 1 / n / n : 0;
      }
    }
    return expected > 1 - 1e-9 ? 1 : (observed - expected) / (1 - expected);
  }

  private static LabelTally tally(List<List<String>> ratings) {
    LabelTally tally = new LabelTally();
    ratings.forEach(pair -> tally.add(pair.get(0), pair.get(1)));
    return tally;
  }

  private static void add(LabelTally tally, int times, String a, String b) {
    for (int i = 0; i < times; i++) {
      tally.add(a, b);
    }
  }
}
