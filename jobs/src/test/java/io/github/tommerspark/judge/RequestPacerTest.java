package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class RequestPacerTest {

  private final FakePause pause = new FakePause();

  @Test
  void requestsAreEvenlySpaced() throws InterruptedException {
    RequestPacer pacer = new RequestPacer(120, pause);
    List<Long> moments = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      pacer.await();
      moments.add(Duration.ofNanos(pause.nanoTime()).toMillis());
    }
    assertThat(moments).containsExactly(0L, 500L, 1000L, 1500L, 2000L);
  }

  @Test
  void timeThatPassedAnywayIsNotWaitedForAndNotSavedUp() throws InterruptedException {
    RequestPacer pacer = new RequestPacer(60, pause);
    pacer.await();
    pause.sleep(Duration.ofSeconds(10));
    pacer.await();
    assertThat(pause.sleeps()).containsExactly(Duration.ofSeconds(10));
    pacer.await();
    assertThat(pause.sleeps()).endsWith(Duration.ofSeconds(1));
  }

  @Test
  void whileHeldNothingLeaves() throws InterruptedException {
    RequestPacer pacer = new RequestPacer(60, pause);
    pacer.hold(Duration.ofSeconds(30));
    pacer.hold(Duration.ofSeconds(3));
    pacer.await();
    assertThat(pause.nanoTime()).isEqualTo(Duration.ofSeconds(30).toNanos());
  }

  @Test
  void threadsShareTheRate() throws Exception {
    RequestPacer pacer = new RequestPacer(600, pause);
    int threads = 4;
    int each = 50;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      Callable<Void> work =
          () -> {
            for (int i = 0; i < each; i++) {
              pacer.await();
            }
            return null;
          };
      for (Future<Void> done : pool.invokeAll(List.of(work, work, work, work))) {
        done.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(Duration.ofNanos(pause.nanoTime()))
        .isGreaterThanOrEqualTo(Duration.ofMillis(100).multipliedBy(threads * each - 1));
  }
}
