package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuAddressingTest {

  @ParameterizedTest
  @CsvSource(
      nullValues = "unset",
      value = {
        // setting, address, CUDA_VISIBLE_DEVICES, GPUs seen, ordinal
        "ordinal, 0, unset, 8, 0",
        "ordinal, 7, unset, 8, 7",
        "ordinal, ' 3 ', unset, 8, 3",
        "ordinal, 1, '0,1', 2, 1",
        // Renumbered by the variable.
        "visible, 6, '4,6', 2, 1",
        "visible, 4, '4,6', 2, 0",
        "visible, 06, '4, 6', 2, 1",
        "visible, GPU-8f2c11aa-0000, 'GPU-11112222-3333,GPU-8f2c11aa-0000', 2, 1",
        // CUDA accepts the beginning of a UUID.
        "visible, GPU-8f2c11aa-0000, 'GPU-1111,GPU-8f2c', 2, 1",
        // A container that shows a single GPU calls it 0, whatever the machine calls it.
        "visible, 5, unset, 1, 0",
        "visible, GPU-8f2c11aa-0000, unset, 1, 0",
        "visible, 5, '0', 1, 0",
      })
  void mapsAddressesToOrdinals(
      String setting, String address, String visibleDevices, int gpuCount, int ordinal) {
    assertThat(GpuAddressing.parse(setting).ordinal(address, visibleDevices, gpuCount))
        .isEqualTo(ordinal);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "unset",
      value = {
        "ordinal, GPU-8f2c11aa, unset, 8, it is not a number",
        "ordinal, -1, unset, 8, it is not a number",
        "visible, 5, '0,1', 2, CUDA_VISIBLE_DEVICES is \"0,1\" and 2 GPU(s) are visible",
        "visible, 5, unset, 8, CUDA_VISIBLE_DEVICES is not set and 8 GPU(s) are visible",
        "visible, 0, unset, 0, CUDA_VISIBLE_DEVICES is not set and 0 GPU(s) are visible",
        "visible, 0, '', 0, CUDA_VISIBLE_DEVICES is \"\" and 0 GPU(s) are visible",
      })
  void refusesWhatCannotBeResolved(
      String setting, String address, String visibleDevices, int gpuCount, String found) {
    assertThatThrownBy(
            () -> GpuAddressing.parse(setting).ordinal(address, visibleDevices, gpuCount))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("\"" + address + "\"")
        .hasMessageContaining(found)
        .hasMessageContaining("spark.tommer.gpu.addressing=");
  }

  @Test
  void namesTheSettingsItKnows() {
    assertThatThrownBy(() -> GpuAddressing.parse("uuid"))
        .hasMessage(
            "Cannot understand spark.tommer.gpu.addressing=uuid: use one of ordinal, visible");
  }
}
