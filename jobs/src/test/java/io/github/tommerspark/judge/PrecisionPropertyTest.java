package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.judge.Precision.Tally;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PrecisionPropertyTest {

  @Property
  void intervalsHoldTheValueAndClustersNeverNarrowThem(
      @ForAll List<@IntRange(max = 120) Integer> seeds) {
    List<Tally> documents =
        seeds.stream().map(seed -> new Tally(seed % 11, seed / 11, seed % 3)).toList();
    Precision precision = Precision.of(documents);
    if (precision.value() != null) {
      assertThat(precision.wilson().low()).isBetween(0.0, precision.value() + 1e-12);
      assertThat(precision.wilson().high()).isBetween(precision.value() - 1e-12, 1.0);
    }
    if (precision.clustered() != null) {
      assertThat(precision.clustered().low()).isBetween(0.0, precision.wilson().low() + 1e-12);
      assertThat(precision.clustered().high()).isBetween(precision.wilson().high() - 1e-12, 1.0);
    }
  }
}
