package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DilationTest {

  /** Two sequences of 6 tokens; gold are tokens 2 to 3 of the first. */
  private static final LabelledBatch BATCH =
      new LabelledBatch(
          new long[12], new long[] {2, 6}, new byte[24], new int[] {2}, new int[] {3});

  private static Set<String> counted(int... distances) {
    long[] cells = new Dilation(Arrays.stream(distances).boxed().toList()).counted(BATCH, 0, true);
    Set<String> found = new TreeSet<>();
    for (int i = 0; i < cells.length / 2; i++) {
      found.add(cells[i] + "-" + cells[cells.length / 2 + i]);
    }
    assertThat(found).as("each cell once").hasSize(cells.length / 2);
    return found;
  }

  @Test
  void zeroLeavesTheEndsOfGoldSpansUpToTheirStart() {
    assertThat(counted(0)).containsExactly("0-3", "1-3", "2-3");
  }

  @Test
  void twoDistancesLeaveABlockAroundEachGoldCell() {
    assertThat(counted(1, 0)).containsExactly("1-3", "2-3", "3-3");
    assertThat(counted(0, 1)).containsExactly("2-2", "2-3", "2-4");
    assertThat(counted(1, 1))
        .containsExactly("1-2", "1-3", "1-4", "2-2", "2-3", "2-4", "3-3", "3-4");
  }

  @Test
  void oneDistanceLeavesWhatBeginsOrEndsNearby() {
    // Tokens 1 to 4 are near; of the 21 causal cells all but these begin or end with one of them.
    assertThat(counted(1)).hasSize(18).doesNotContain("0-0", "0-5", "5-5");
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new Dilation(List.of(1, 2, 3)))
        .hasMessage(
            "--dilation must be one or two distances from 0 on, such as 2 or 1,3, but is 1,2,3");
    assertThatThrownBy(() -> new Dilation(List.of(-1))).hasMessageEndingWith("but is -1");
  }
}
