package io.github.tommerspark.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CandidatesTest {

  @Test
  void keepsSpansInOrderOfInsertionWhileGrowing() {
    Candidates candidates = new Candidates(0);
    for (int i = 0; i < 1000; i++) {
      candidates.add(i, 2 * i, i / 1000f);
    }
    assertThat(candidates.size()).isEqualTo(1000);
    assertThat(candidates.start(999)).isEqualTo(999);
    assertThat(candidates.end(999)).isEqualTo(1998);
    assertThat(candidates.score(999)).isEqualTo(0.999f);
    assertThat(candidates.start(0)).isZero();
  }

  @Test
  void clearedListIsEmptyAndUsableAgain() {
    Candidates candidates = new Candidates();
    candidates.add(1, 2, 0.5f);
    candidates.clear();
    assertThat(candidates.size()).isZero();
    assertThatThrownBy(() -> candidates.start(0)).isInstanceOf(IndexOutOfBoundsException.class);

    candidates.add(3, 4, 0.75f);
    assertThat(candidates).hasToString("[3..4 0.75]");
  }

  @Test
  void accessBeyondTheSizeIsRefusedAlthoughThereIsCapacity() {
    Candidates candidates = new Candidates(8);
    candidates.add(1, 2, 0.5f);
    assertThatThrownBy(() -> candidates.start(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> candidates.end(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> candidates.score(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void equalityIsByContentNotCapacity() {
    Candidates one = new Candidates(1);
    Candidates other = new Candidates(100);
    for (Candidates candidates : new Candidates[] {one, other}) {
      candidates.add(0, 1, 0.5f);
      candidates.add(2, 2, 0.25f);
    }
    assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
    other.add(3, 3, 0.5f);
    assertThat(one).isNotEqualTo(other);
  }

  @Test
  void negativeCapacityIsRefused() {
    assertThatThrownBy(() -> new Candidates(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }
}
