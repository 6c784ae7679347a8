package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.cli.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriterLockTest {

  private static final WriterLock.Timing FAST =
      new WriterLock.Timing(Duration.ofMillis(50), Duration.ofMillis(600), Duration.ofMillis(100));

  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;

  @Test
  void aSecondWriterIsRefusedWhileTheFirstLives() throws IOException {
    try (WriterLock first = acquire(() -> {})) {
      assertThatThrownBy(() -> acquire(() -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              "Cannot write to file:.*: another run is writing to it \\(process %d on .*, since .*\\); wait until it has ended"
                  .formatted(ProcessHandle.current().pid()));
      assertThatThrownBy(() -> WriterLock.refuseIfHeld(path(), hadoop, FAST))
          .isInstanceOf(UserException.class);
      first.check();
    }
    assertThat(file()).doesNotExist();
    acquire(() -> {}).close();
  }

  @Test
  void aDeadProcessOfThisMachineIsReplacedAtOnce() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    try (WriterLock mine = acquire(() -> {})) {
      String content = Files.readString(file());
      mine.close();
      Files.writeString(
          file(),
          content.replace("\"pid\":" + ProcessHandle.current().pid(), "\"pid\":" + gone.pid()));
    }
    WriterLock.Timing patient =
        new WriterLock.Timing(Duration.ofSeconds(5), Duration.ofDays(1), Duration.ofMillis(10));
    WriterLock.acquire(path(), hadoop, patient, () -> {}).close();
  }

  @Test
  void aProcessOfTheSameNumberThatBeganLaterIsAnother() throws Exception {
    try (WriterLock mine = acquire(() -> {})) {
      String content = Files.readString(file());
      mine.close();
      Files.writeString(
          file(),
          content.replaceFirst(
              "\"processStarted\":\"[^\"]*\"", "\"processStarted\":\"2001-01-01T00:00:00Z\""));
    }
    acquire(() -> {}).close();
  }

  @Test
  void anOwnerElsewhereLivesAsLongAsItsCountMoves() throws Exception {
    write(elsewhere(0));
    AtomicBoolean stop = new AtomicBoolean();
    Thread owner =
        new Thread(
            () -> {
              try {
                for (int beat = 1; !stop.get(); beat++) {
                  Thread.sleep(100);
                  write(elsewhere(beat));
                }
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    owner.start();
    assertThatThrownBy(() -> acquire(() -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("(process 7 on far, since yesterday)");
    stop.set(true);
    owner.join();
    acquire(() -> {}).close();
  }

  @Test
  void whatAKilledWriterLeftHalfWrittenIsReplacedAfterALease() throws IOException {
    write("{\"owner\":\"x");
    acquire(() -> {}).close();
    write("");
    acquire(() -> {}).close();
  }

  @Test
  void anOwnerThatWasReplacedFindsOutAndLeavesTheLockAlone() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    WriterLock first = acquire(told::countDown);
    write(elsewhere(0));
    assertThat(told.await(1, TimeUnit.MINUTES)).isTrue();
    assertThatThrownBy(first::check)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("another run has taken its lock over");
    first.close();
    assertThat(file()).hasContent(elsewhere(0));
  }

  @Test
  void ofManyThatTakeOverAtOnceOneWinsAtMost() throws Exception {
    write("left by the dead");
    int candidates = 6;
    ExecutorService pool = Executors.newFixedThreadPool(candidates);
    try {
      List<Future<WriterLock>> tries = new ArrayList<>();
      Callable<WriterLock> candidate = () -> acquire(() -> {});
      for (int i = 0; i < candidates; i++) {
        tries.add(pool.submit(candidate));
      }
      List<WriterLock> winners = new ArrayList<>();
      for (Future<WriterLock> one : tries) {
        try {
          winners.add(one.get());
        } catch (java.util.concurrent.ExecutionException e) {
          assertThat(e.getCause()).isInstanceOf(UserException.class);
        }
      }
      assertThat(winners).hasSize(1);
      assertThatCode(winners.get(0)::check).doesNotThrowAnyException();
      winners.get(0).close();
    } finally {
      pool.shutdownNow();
    }
  }

  private WriterLock acquire(Runnable onLoss) throws IOException {
    return WriterLock.acquire(path(), hadoop, FAST, onLoss);
  }

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(folder.toUri());
  }

  private Path file() {
    return folder.resolve(Provenance.FOLDER).resolve(WriterLock.NAME);
  }

  private void write(String content) throws IOException {
    Files.createDirectories(file().getParent());
    Path draft = Files.writeString(folder.resolve("draft"), content);
    Files.move(draft, file(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static String elsewhere(int beat) {
    return "{\"owner\":\"other\",\"host\":\"far\",\"machine\":\"m\",\"pid\":7,\"processStarted\":null,\"since\":\"yesterday\",\"beat\":%d}"
        .formatted(beat);
  }
}
