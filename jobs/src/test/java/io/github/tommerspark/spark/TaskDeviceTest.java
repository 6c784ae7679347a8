package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.engine.DeviceChoice;
import io.github.tommerspark.engine.EngineOptions;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class TaskDeviceTest {

  private static final EngineOptions AUTO = EngineOptions.defaults();

  private final SparkConf conf = new SparkConf(false);

  @Test
  void takesTheAssignedGpu() {
    TaskDevice device = TaskDevice.of(AUTO, "3", conf, null, () -> 8);
    assertThat(device.engine()).isEqualTo(AUTO.withDevice(DeviceChoice.AUTO, 3));
    assertThat(device.assigned()).isEqualTo(3);
    assertThat(device.describe("gpu(3)")).isEqualTo("gpu(3)");
    assertThat(device.missed("gpu(3)")).isFalse();
    assertThat(device.describe("cpu")).isEqualTo("cpu (assigned: gpu(3))");
    assertThat(device.missed("cpu")).isTrue();
  }

  @Test
  void asksTheSettingHowGpusAreNumbered() {
    conf.set(GpuAddressing.PROPERTY, "visible");
    EngineOptions gpu = AUTO.withDevice(DeviceChoice.GPU, 0);
    assertThat(TaskDevice.of(gpu, "6", conf, "2,6", () -> 2).engine())
        .isEqualTo(AUTO.withDevice(DeviceChoice.GPU, 1));
  }

  @Test
  void leavesTheGpuAloneWhenTheCpuIsChosen() {
    EngineOptions cpu = AUTO.withDevice(DeviceChoice.CPU, 0);
    TaskDevice device =
        TaskDevice.of(
            cpu,
            "not a number",
            conf,
            null,
            () -> {
              throw new AssertionError("No GPU is needed");
            });
    assertThat(device).isEqualTo(new TaskDevice(cpu, null));
    assertThat(device.describe("cpu")).isEqualTo("cpu");
    assertThat(device.missed("cpu")).isFalse();
  }

  @Test
  void theSettingForTestsLoadsOnTheCpuAndRemembersTheGpu() {
    conf.set(TaskDevice.TEST_PROPERTY, "cpu");
    TaskDevice device = TaskDevice.of(AUTO, "1", conf, null, () -> 0);
    assertThat(device.engine().device()).isEqualTo(DeviceChoice.CPU);
    assertThat(device.describe("cpu")).isEqualTo("cpu (assigned: gpu(1))");
    assertThat(device.missed("cpu")).isFalse();
  }
}
