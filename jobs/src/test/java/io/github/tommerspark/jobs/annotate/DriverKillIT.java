package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.KilledRuns;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batch runs whose driver, a JVM of its own, is killed with SIGKILL at random times. */
@Tag("soak")
class DriverKillIT {

  private static final int FILES = 4;
  private static final int ROWS_PER_FILE = 40;
  private static final int OUTPUTS = 3;
  private static final int KILLS = 4;

  @TempDir private static Path folder;
  private static KilledRuns runs;
  private static long millis;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    runs = new KilledRuns(folder);
    runs.writeInput(FILES, ROWS_PER_FILE);
    long begin = System.nanoTime();
    run(KilledRuns.UNDISTURBED, WriteMode.ERROR);
    millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    runs.assertComplete(FILES, ROWS_PER_FILE);
  }

  @ParameterizedTest
  @EnumSource
  void killedAtAnyTime(WriteMode mode) throws Exception {
    List<String> added = runs.committed(KilledRuns.UNDISTURBED);
    List<String> before = mode == WriteMode.ERROR ? List.of() : added;
    List<String> after = new ArrayList<>(mode == WriteMode.APPEND ? before : List.of());
    after.addAll(added);
    after.sort(null);
    Random random = new Random(mode.ordinal());
    int kills = 0;
    int seenBefore = 0;
    for (int i = 0; i < OUTPUTS; i++) {
      String output = mode + "-" + i;
      if (!before.isEmpty()) {
        copy(folder.resolve(KilledRuns.UNDISTURBED), folder.resolve(output));
      }
      for (int k = 0; k < KILLS; k++) {
        Process driver = start(output, mode);
        // Most of a driver's life goes by before it writes.
        long wait = millis / 3 + random.nextInt((int) millis * 2 / 3);
        if (!driver.waitFor(wait, TimeUnit.MILLISECONDS)) {
          driver.destroyForcibly().waitFor();
          kills++;
        }
        List<String> seen = runs.committed(output);
        assertThat(seen).isIn(before, after);
        seenBefore += seen.equals(before) ? 1 : 0;
      }
      run(output, mode);
      assertThat(runs.committed(output)).isEqualTo(after);
      assertThat(runs.files(output, "part-[^/]*"))
          .containsExactlyInAnyOrderElementsOf(
              CommitLog.of(
                      new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()),
                      new Configuration())
                  .read()
                  .files()
                  .keySet());
    }
    System.out.printf(
        Locale.ROOT,
        "%n| processes | %s | Parquet | local disk | %d | SIGKILL of the driver | %d / %d | | | 0 |%n",
        mode.toString().toLowerCase(Locale.ROOT),
        kills,
        seenBefore,
        OUTPUTS * KILLS - seenBefore);
  }

  private static void run(String output, WriteMode mode) throws Exception {
    Process driver = start(output, mode);
    if (!driver.waitFor(5, TimeUnit.MINUTES)) {
      driver.destroyForcibly();
    }
    assertThat(driver.waitFor()).as(runs.printed(output)).isZero();
  }

  private static Process start(String output, WriteMode mode) throws IOException {
    return runs.start(
        output,
        List.of("spark.master=local[2]"),
        "--dtype",
        "fp32",
        "--mode",
        mode.toString().toLowerCase(Locale.ROOT),
        "--run-id",
        "the run " + output);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
