package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceHealthTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79 GiB",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 99999999999 bytes.",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "std::bad_alloc"
      })
  void lackOfMemoryIsKnownByItsMessage(String message) {
    assertThat(DeviceHealth.isMemoryExhausted(new EngineException(message))).isTrue();
  }

  @Test
  void otherFailuresAreNoLackOfMemory() {
    assertThat(DeviceHealth.isMemoryExhausted(new EngineException("index out of range in self")))
        .isFalse();
    assertThat(DeviceHealth.isMemoryExhausted(new EngineException((String) null))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: device-side assert triggered",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx`",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"
      })
  void aDeviceThatFailedIsNotUsedAgain(String message) {
    Device device = Device.gpu(101);
    DeviceGate gate = DeviceGate.of(device, 1);
    AtomicInteger calls = new AtomicInteger();
    int before = DeviceHealth.lost();
    try {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(
                () ->
                    gate.pass(
                        () -> {
                          calls.incrementAndGet();
                          throw new EngineException(message);
                        }))
            .isInstanceOf(DeviceFailedException.class)
            .hasMessageContaining("GPU 101 failed")
            .hasMessageContaining(message);
      }
      assertThat(calls).hasValue(1);
      assertThat(DeviceHealth.lost()).isEqualTo(before + 1);
      // Others are not affected.
      assertThat(DeviceGate.of(Device.gpu(102), 1).pass(() -> 7)).isEqualTo(7);
    } finally {
      DeviceHealth.forget(device);
    }
  }

  @Test
  void lackOfMemoryAndErrorsOfACallLeaveTheDeviceInUse() {
    DeviceGate gate = DeviceGate.of(Device.gpu(103), 1);
    for (String message : new String[] {"CUDA out of memory", "index out of range in self"}) {
      assertThatThrownBy(
              () ->
                  gate.pass(
                      () -> {
                        throw new EngineException(message);
                      }))
          .isInstanceOf(EngineException.class);
    }
    assertThat(gate.pass(() -> 7)).isEqualTo(7);
  }
}
