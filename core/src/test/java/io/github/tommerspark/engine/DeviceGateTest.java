package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class DeviceGateTest {

  @Test
  void letsInAsManyCallsAsAllowedAndNoMore() throws Exception {
    DeviceGate gate = DeviceGate.of(Device.gpu(7), 2);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    // Every call waits inside for another one: with a single permit this would never end.
    CyclicBarrier pair = new CyclicBarrier(2);
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        calls.add(
            pool.submit(
                () ->
                    gate.pass(
                        () -> {
                          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                          meet(pair);
                          return inside.decrementAndGet();
                        })));
      }
      for (Future<Integer> call : calls) {
        call.get(60, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(most).hasValue(2);
  }

  @Test
  void aFailedCallMakesRoomForTheNext() {
    DeviceGate gate = DeviceGate.of(Device.gpu(8), 1);
    assertThatThrownBy(
            () ->
                gate.pass(
                    () -> {
                      throw new IllegalStateException("forward");
                    }))
        .hasMessage("forward");
    assertThat(gate.<String>pass(() -> "next")).isEqualTo("next");
  }

  @Test
  void aCallThatMustBeAloneWaitsForTheOthersAndKeepsThemOut() throws Exception {
    DeviceGate gate = DeviceGate.of(Device.gpu(9), 3);
    AtomicInteger inside = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<Boolean>> calls = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        boolean alone = i % 5 == 0;
        Supplier<Boolean> call =
            () -> {
              int now = inside.incrementAndGet();
              Thread.yield();
              return !alone || now == 1 && inside.get() == 1;
            };
        Supplier<Boolean> counted =
            () -> {
              boolean right = call.get();
              inside.decrementAndGet();
              return right;
            };
        calls.add(pool.submit(() -> alone ? gate.passAlone(counted) : gate.pass(counted)));
      }
      for (Future<Boolean> call : calls) {
        assertThat(call.get(60, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void modelsOnOneDeviceShareItsGate() {
    assertThat(DeviceGate.of(Device.gpu(0), 0))
        .isSameAs(DeviceGate.of(Device.gpu(0), EngineOptions.GPU_CONCURRENCY))
        .isNotSameAs(DeviceGate.of(Device.gpu(1), 0))
        .isNotSameAs(DeviceGate.of(Device.gpu(0), 3));
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
