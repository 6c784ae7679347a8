package io.github.tommerspark.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlateauScheduleTest {

  @Test
  void halvesAfterMoreThanPatienceStepsWithoutALowerLoss() {
    PlateauSchedule schedule = PlateauSchedule.begin(0.01).after(1.0, 2);
    // Lower by less than a ten-thousandth is not lower.
    schedule = schedule.after(0.99995, 2).after(1.2, 2);
    assertThat(schedule.learningRate()).isEqualTo(0.01);
    schedule = schedule.after(1.0, 2);
    assertThat(schedule.learningRate()).isEqualTo(0.005);
    schedule = schedule.after(0.5, 2);
    assertThat(schedule.best()).isEqualTo(0.5);
    assertThat(schedule.badSteps()).isZero();
  }

  @Test
  void stopsHalvingWhereItWouldMakeNoDifference() {
    PlateauSchedule schedule = PlateauSchedule.begin(1.5e-8).after(1.0, 0).after(1.0, 0);
    assertThat(schedule.learningRate()).isEqualTo(1.5e-8);
  }
}
