package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.KilledRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jobs and queries of which an executor, a JVM of its own, is killed with SIGKILL while it writes.
 */
class ExecutorKillIT {

  private static final int FILES = 6;
  private static final int ROWS_PER_FILE = 80;

  /** Files that tasks have begun and that are not committed. */
  private static final String BEING_WRITTEN = ".*_temporary/\\d+/_temporary/.*/part-[^/]*";

  @TempDir private static Path folder;
  private static KilledRuns runs;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    runs = new KilledRuns(folder);
    runs.writeInput(FILES, ROWS_PER_FILE);
    Process driver = start(KilledRuns.UNDISTURBED, List.of("spark.master=local[2]"));
    assertThat(driver.waitFor()).as(runs.printed(KilledRuns.UNDISTURBED)).isZero();
    runs.assertComplete(FILES, ROWS_PER_FILE);
  }

  @Test
  void aKilledExecutorChangesNothingInABatchJob() throws Exception {
    runWithKills("batch", 1);
  }

  @Test
  void aKilledExecutorChangesNothingInAnIncrementalRun() throws Exception {
    runWithKills("growing", 1, "--incremental", "--max-files-per-batch", "3");
  }

  @Test
  void aKilledExecutorChangesNothingInAQuery() throws Exception {
    runWithKills("query", 1, runs.startQuery("query", Drivers.cluster()));
  }

  @Test
  @Tag("soak")
  void killedAgainAndAgain() throws Exception {
    // Fewer than would make any task fail four times.
    runWithKills("batch-again", 3);
    runWithKills("growing-again", 3, "--incremental", "--max-files-per-batch", "2");
    runWithKills("batch-again", 3, "--mode", "overwrite");
  }

  @Test
  @Tag("soak")
  void killedAtAnyTime() throws Exception {
    Random random = new Random(1);
    List<String> once = runs.committed(KilledRuns.UNDISTURBED);
    List<String> twice = new ArrayList<>(once);
    twice.addAll(once);
    twice.sort(null);
    for (String mode : List.of("error", "overwrite", "append")) {
      Process driver = start("anytime", Drivers.cluster(), "--mode", mode);
      int killed = 0;
      long next = 0;
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(8);
      while (driver.isAlive() && System.nanoTime() < end) {
        Thread.sleep(5);
        Optional<ProcessHandle> executor = executor(driver);
        if (executor.isPresent() && next == 0) {
          next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(9_000));
        } else if (executor.isPresent() && killed < 3 && System.nanoTime() > next) {
          executor.get().destroyForcibly();
          killed++;
          next = 0;
        }
      }
      driver.descendants().forEach(ProcessHandle::destroyForcibly);
      driver.destroyForcibly();
      assertThat(driver.waitFor()).as(runs.printed("anytime")).isZero();
      assertThat(runs.committed("anytime")).isEqualTo(mode.equals("append") ? twice : once);
      System.out.printf(
          Locale.ROOT,
          "%n| processes | %s | Parquet | local disk | %d | SIGKILL of an executor | | | | 0 |%n",
          mode.equals("error") ? "new" : mode,
          killed);
    }
  }

  private static void runWithKills(String output, int kills, String... more) throws Exception {
    runWithKills(output, kills, start(output, Drivers.cluster(), more));
  }

  /** Kills as many executors, each when a task has begun to write a file that was not there. */
  private static void runWithKills(String output, int kills, Process driver) throws Exception {
    List<String> seen = new ArrayList<>();
    int killed = 0;
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(8);
    while (driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(2);
      List<String> writing = killed < kills ? runs.files(output, BEING_WRITTEN) : List.of();
      if (!seen.containsAll(writing)) {
        Optional<ProcessHandle> executor = executor(driver);
        if (executor.isPresent() && executor.get().destroyForcibly()) {
          seen.addAll(writing);
          killed++;
        }
      }
    }
    driver.descendants().forEach(ProcessHandle::destroyForcibly);
    driver.destroyForcibly();
    assertThat(driver.waitFor()).as(runs.printed(output)).isZero();
    assertThat(killed).as("executors killed while tasks were writing").isEqualTo(kills);
    runs.assertSameRows(output);
  }

  /** With a dtype, or each run would choose its own. */
  private static Process start(String output, List<String> properties, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--dtype", "fp32"));
    arguments.addAll(List.of(more));
    return runs.start(output, properties, arguments.toArray(String[]::new));
  }

  /** Workers of a local cluster live in the driver's JVM: its children are the executors. */
  private static Optional<ProcessHandle> executor(Process driver) {
    return driver
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("java"))
        .findFirst();
  }
}
