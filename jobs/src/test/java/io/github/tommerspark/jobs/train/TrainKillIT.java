package io.github.tommerspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.Drivers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training whose driver, a JVM of its own, is killed with SIGKILL and started again. */
class TrainKillIT {

  // Batches of one document: an epoch lasts long enough to be hit.
  private static final String[] OPTIONS = {
    "--layers", "1,2", "--ranks", "4", "--epochs", "3", "--batch", "1", "--patience", "20"
  };

  private static final Pattern EPOCH = Pattern.compile("state-\\d+-0*(\\d+)\\.json");

  @TempDir private Path folder;

  @Test
  void killedAfterAnEpochAndWithinOneAndResumedItEndsWithTheSameWeights() throws Exception {
    TrainFixture.write(folder);
    finish(start("undisturbed"));

    Process driver = start("killed");
    await(driver, () -> log().contains("--dev: "));
    long begin = System.nanoTime();
    await(driver, () -> epochs() > 0);
    long epoch = System.nanoTime() - begin;
    driver.destroyForcibly().waitFor();
    assertThat(epochs()).as("epochs of which a checkpoint was left: %s", log()).isEqualTo(1);

    driver = start("killed", "--resume");
    await(driver, () -> log().contains("--dev: "));
    long pause = (long) (epoch * new Random().nextDouble());
    TimeUnit.NANOSECONDS.sleep(pause);
    assertThat(driver.isAlive()).as(log()).isTrue();
    driver.destroyForcibly().waitFor();
    assertThat(folder.resolve("killed/sweep.csv")).doesNotExist();

    finish(start("killed", "--resume"));
    assertThat(TrainFixture.weights(folder.resolve("killed")))
        .as("killed again after %d ms", TimeUnit.NANOSECONDS.toMillis(pause))
        .hasSize(2)
        .isEqualTo(TrainFixture.weights(folder.resolve("undisturbed")));
  }

  private static void await(Process driver, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (driver.isAlive() && !condition.call() && System.nanoTime() < end) {
      Thread.sleep(1);
    }
  }

  /** How many epochs the newest checkpoint has seen. */
  private int epochs() throws IOException {
    Path checkpoint = folder.resolve("killed/_checkpoint");
    if (!Files.isDirectory(checkpoint)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files
          .map(file -> EPOCH.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
          .max()
          .orElse(0);
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
