package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import org.junit.jupiter.api.Test;

class TorchTest {

  @Test
  void saysWhatItFoundWhenThereIsNoGpu() {
    assumeTrue(Torch.gpuCount() == 0, "This machine has a GPU that libtorch can use");
    EngineOptions gpu = EngineOptions.defaults().withDevice(DeviceChoice.GPU, 1);
    assertThatThrownBy(() -> Torch.device(gpu))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "Cannot use GPU 1: libtorch [\\d.]+ in .+ sees no GPU, and CUDA_VISIBLE_DEVICES is .+; use ‹device› cpu, or .+");
    assertThat(Torch.device(gpu.withDevice(DeviceChoice.AUTO, 0))).isEqualTo(Device.cpu());
  }
}
