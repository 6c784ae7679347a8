package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training whose driver, a JVM of its own, is killed with SIGKILL and started again. */
class TrainKillIT {

  private static final String[] OPTIONS = {"--layers", "1,2", "--ranks", "4", "--epochs", "3"};

  @TempDir private Path folder;

  @Test
  void killedAfterAnEpochAndResumedItEndsWithTheSameWeights() throws Exception {
    TrainFixture.write(folder);
    finish(start("undisturbed"));

    Process driver = start("killed");
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (driver.isAlive() && !hasCheckpoint() && System.nanoTime() < end) {
      Thread.sleep(1);
    }
    driver.destroyForcibly().waitFor();
    assertThat(hasCheckpoint()).as("a checkpoint was left: %s", log()).isTrue();
    assertThat(folder.resolve("killed/sweep.csv")).doesNotExist();

    finish(start("killed", "--resume"));
    assertThat(TrainFixture.weights(folder.resolve("killed")))
        .hasSize(2)
        .isEqualTo(TrainFixture.weights(folder.resolve("undisturbed")));
  }

  private boolean hasCheckpoint() throws IOException {
    Path checkpoint = folder.resolve("killed/_checkpoint");
    if (!Files.isDirectory(checkpoint)) {
      return false;
    }
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.anyMatch(file -> file.getFileName().toString().matches("state-.*\\.json"));
    }
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log.txt"));
  }

  private Process start(String output, String... more) throws IOException {
    String[] options = Stream.of(OPTIONS, more).flatMap(Stream::of).toArray(String[]::new);
    return Drivers.start(
        folder,
        folder.resolve("log.txt"),
        List.of("spark.master=local[2]"),
        TrainFixture.arguments(folder, output, options));
  }

  private void finish(Process driver) throws Exception {
    if (!driver.waitFor(3, TimeUnit.MINUTES)) {
      driver.destroyForcibly();
    }
    assertThat(driver.waitFor()).as(log()).isZero();
  }
}
