package io.github.tommerspark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.tommerspark.backbone.Backbone;
import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.backbone.PublishedShapes;
import io.github.tommerspark.backbone.RandomSnapshot;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.DType;
import io.github.tommerspark.source.LocalDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CancellationTest {

  private final ThreadLocal<BooleanSupplier> givenUp = new ThreadLocal<>();

  @TempDir private Path folder;

  @BeforeEach
  void listen() {
    Cancellation.listenTo(() -> Optional.ofNullable(givenUp.get()));
  }

  @AfterEach
  void listenToNobody() {
    Cancellation.listenTo(Optional::empty);
  }

  @Test
  void aCallThatNobodyWaitsForIsNotMade() {
    givenUp.set(() -> true);
    DeviceGate gate = DeviceGate.of(Device.gpu(20), 1);
    AtomicInteger calls = new AtomicInteger();
    assertThatThrownBy(() -> gate.pass(calls::incrementAndGet))
        .isInstanceOf(CancellationException.class);
    assertThat(calls).hasValue(0);
    givenUp.set(() -> false);
    assertThat(gate.<Integer>pass(calls::incrementAndGet)).isEqualTo(1);
  }

  @Test
  void aCallEndsBetweenTheBlocksOfABackbone() throws IOException {
    RandomSnapshot.write(PublishedShapes.config("pythia-70m"), 5, DType.F32, folder);
    LocalDirectory snapshot = new LocalDirectory(folder);
    long[] ids = new long[8192];
    long[] groups = {ids.length / 1024, 1024};
    DeviceGate gate = DeviceGate.of(Device.cpu(), 1);
    try (Checkpoint checkpoint = Checkpoint.open(snapshot)) {
      BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, 5);
      try (Backbone backbone =
          Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
        // Wanted when the call begins, and no more when the watcher asks for the first time.
        AtomicInteger asked = new AtomicInteger();
        givenUp.set(() -> asked.incrementAndGet() > 1);
        assertThatThrownBy(() -> gate.pass(() -> backbone.hiddenStates(ids, groups, 5)))
            .isInstanceOf(CancellationException.class)
            .hasMessage("The task was cancelled");
        givenUp.set(() -> false);
        assertThat(gate.pass(() -> backbone.hiddenStates(new long[4], new long[] {1, 4}, 5)))
            .hasSize(1);
      }
    }
  }

  @Test
  void aCallThatWaitsForADeviceEndsWithoutIt() throws Exception {
    DeviceGate gate = DeviceGate.of(Device.gpu(21), 1);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    AtomicInteger interrupts = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      Future<Integer> holder =
          pool.submit(
              () ->
                  gate.pass(
                      () -> {
                        inside.countDown();
                        return await(leave);
                      }));
      inside.await();
      Future<Integer> waiting =
          pool.submit(
              () -> {
                AtomicInteger asked = new AtomicInteger();
                givenUp.set(() -> asked.incrementAndGet() > 1);
                try {
                  return gate.pass(() -> 2);
                } finally {
                  interrupts.set(Thread.interrupted() ? 1 : 0);
                }
              });
      assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CancellationException.class);
      assertThat(interrupts).as("an interrupt that is left").hasValue(0);
      leave.countDown();
      assertThat(holder.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      // The one that gave up has taken no room.
      assertThat(gate.<Integer>pass(() -> 3)).isEqualTo(3);
    } finally {
      leave.countDown();
      pool.shutdownNow();
    }
  }

  @Test
  void anInterruptOfSomebodyElseIsKeptForLater() throws Exception {
    DeviceGate gate = DeviceGate.of(Device.gpu(22), 1);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      pool.submit(
          () ->
              gate.pass(
                  () -> {
                    inside.countDown();
                    return await(leave);
                  }));
      inside.await();
      CountDownLatch begins = new CountDownLatch(1);
      Thread[] thread = new Thread[1];
      Future<Boolean> waiting =
          pool.submit(
              () -> {
                thread[0] = Thread.currentThread();
                givenUp.set(() -> false);
                begins.countDown();
                int result = gate.pass(() -> 2);
                return Thread.interrupted() && result == 2;
              });
      begins.await();
      while (thread[0].getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      thread[0].interrupt();
      leave.countDown();
      assertThat(waiting.get(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      leave.countDown();
      pool.shutdownNow();
    }
  }

  private static int await(CountDownLatch latch) {
    try {
      latch.await();
      return 1;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
