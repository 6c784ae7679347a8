package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.KilledRuns;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Incremental runs whose driver, a JVM of its own, is killed with SIGKILL and started again. */
class IncrementalKillIT {

  private static final int FILES = 8;
  private static final int ROWS_PER_FILE = 30;

  private static final String DTYPE = "fp32";
  private static final String SERIES_BEGUN = "_tommer/checkpoint/\\w+-\\w+\\.json";

  /** What a driver is killed at: the first file whose path in the output matches. */
  private static final String BATCH_PLANNED = "_tommer/checkpoint/\\w+-\\w+/offsets/%d";

  private static final String TASK_WRITING = "run=[^/]+/batch=%d/_temporary/.*/part-[^/]*";
  private static final String BATCH_WRITTEN = "run=[^/]+/batch=%d/part-[^/]*";
  private static final String BATCH_RECORDED = "_tommer/commits/0+%d\\.json";
  private static final String BATCH_COMMITTED = "_tommer/checkpoint/\\w+-\\w+/commits/%d";

  @TempDir private static Path folder;
  private static KilledRuns runs;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    runs = new KilledRuns(folder);
    runs.writeInput(FILES, ROWS_PER_FILE);
    run(KilledRuns.UNDISTURBED);
    runs.assertComplete(FILES, ROWS_PER_FILE);
  }

  @Test
  void aDriverKilledAgainAndAgainLeavesTheRowsOfAnUndisturbedRun() throws Exception {
    runKilledAt("killed", TASK_WRITING.formatted(0));
    runKilledAt("killed", BATCH_WRITTEN.formatted(1));
    runKilledAt("killed", BATCH_COMMITTED.formatted(2));
    run("killed");
    assertAsUndisturbed("killed");
  }

  @Test
  @Tag("soak")
  void killedAtEveryStepOfEveryBatch() throws Exception {
    for (int batch = 0; batch < FILES / 2; batch++) {
      for (String step :
          List.of(BATCH_PLANNED, TASK_WRITING, BATCH_WRITTEN, BATCH_RECORDED, BATCH_COMMITTED)) {
        runKilledAt("steps", step.formatted(batch));
      }
    }
    run("steps");
    assertAsUndisturbed("steps");
  }

  @Test
  @Tag("soak")
  void killedAtAnyTime() throws Exception {
    Random random = new Random(1);
    int kills = 0;
    for (int i = 0; i < 10; i++) {
      Process driver = start("anytime");
      if (!driver.waitFor(random.nextInt(12_000), TimeUnit.MILLISECONDS)) {
        kill(driver);
        kills++;
      }
    }
    run("anytime");
    assertAsUndisturbed("anytime");
    System.out.printf(
        Locale.ROOT,
        "%n| processes | incremental | Parquet | local disk | %d | SIGKILL of the driver | | | | 0 |%n",
        kills);
  }

  /** Runs to the end. */
  private static void run(String output) throws Exception {
    Process driver = start(output);
    if (!driver.waitFor(5, TimeUnit.MINUTES)) {
      kill(driver);
    }
    assertThat(driver.waitFor()).as(runs.printed(output)).isZero();
  }

  /**
   * Kills a driver as soon as there is a new file of that kind. It must not end before: a kill that
   * comes too late would test nothing.
   */
  private static void runKilledAt(String output, String trigger) throws Exception {
    List<String> before = runs.files(output, trigger);
    Process driver = start(output);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    boolean seen = false;
    while (!seen && driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(1);
      List<String> now = runs.files(output, trigger);
      now.removeAll(before);
      seen = !now.isEmpty();
    }
    kill(driver);
    assertThat(seen).as("%s before the end: %s", trigger, runs.printed(output)).isTrue();
  }

  /** {@link Process#destroyForcibly} is SIGKILL: no shutdown hook runs. */
  private static void kill(Process driver) throws InterruptedException {
    driver.destroyForcibly().waitFor();
  }

  /** A dtype is given until one is on record, which the later runs are to keep. */
  private static Process start(String output) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--incremental", "--max-files-per-batch", "2"));
    if (runs.files(output, SERIES_BEGUN).isEmpty()) {
      arguments.addAll(List.of("--dtype", DTYPE));
    }
    return runs.start(output, List.of("spark.master=local[2]"), arguments.toArray(String[]::new));
  }

  private static void assertAsUndisturbed(String output) throws IOException {
    runs.assertSameRows(output);
    assertThat(
            CommitLog.of(
                    new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()),
                    new Configuration())
                .runs())
        .hasSize(FILES / 2)
        .allSatisfy(
            batch ->
                assertThat(batch.models()).extracting(Provenance.Model::dtype).containsOnly(DTYPE));
  }
}
