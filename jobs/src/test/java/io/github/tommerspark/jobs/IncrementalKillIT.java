package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Incremental runs whose driver, a JVM of its own, is killed with SIGKILL and started again. */
class IncrementalKillIT {

  private static final int FILES = 8;
  private static final int ROWS_PER_FILE = 30;

  /** What a driver is killed at: the first file whose path in the output matches. */
  private static final String BATCH_PLANNED = "_tommer/checkpoint/\\w+-\\w+/offsets/%d";

  private static final String TASK_WRITING = "run=[^/]+/batch=%d/_temporary/.*/part-[^/]*";
  private static final String BATCH_WRITTEN = "run=[^/]+/batch=%d/_SUCCESS";
  private static final String BATCH_RECORDED = "_tommer/run-.*-batch-00000%d\\.json";
  private static final String BATCH_COMMITTED = "_tommer/checkpoint/\\w+-\\w+/commits/%d";

  @TempDir private static Path folder;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    Files.createDirectories(folder.resolve("in"));
    for (int f = 0; f < FILES; f++) {
      List<String> lines = new ArrayList<>();
      for (int r = 0; r < ROWS_PER_FILE; r++) {
        lines.add(
            "{\"id\": \"%d-%d\", \"text\": \"%s In %d, Marie Curie left Warsaw for the University of Paris.\"}"
                .formatted(f, r, "Long ago. ".repeat(r % 11), 1800 + r));
      }
      lines.add("{\"id\": \"null-%d\", \"text\": null}".formatted(f));
      Files.write(folder.resolve("in").resolve(f + ".jsonl"), lines);
    }
    run("undisturbed");
    assertThat(rows("undisturbed").count()).isEqualTo(FILES * (ROWS_PER_FILE + 1L));
    assertThat(rows("undisturbed").where("size(mentions) > 0").count())
        .isEqualTo(FILES * (long) ROWS_PER_FILE);
  }

  @Test
  void aDriverKilledAgainAndAgainLeavesTheRowsOfAnUndisturbedRun() throws Exception {
    runKilledAt("killed", TASK_WRITING.formatted(0));
    runKilledAt("killed", BATCH_WRITTEN.formatted(1));
    runKilledAt("killed", BATCH_COMMITTED.formatted(2));
    run("killed");
    assertSameRows("killed");
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
    assertSameRows("steps");
  }

  @Test
  @Tag("soak")
  void killedAtAnyTime() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 10; i++) {
      Process driver = start("anytime");
      if (!driver.waitFor(random.nextInt(12_000), TimeUnit.MILLISECONDS)) {
        kill(driver);
      }
    }
    run("anytime");
    assertSameRows("anytime");
  }

  private static void assertSameRows(String output) {
    Dataset<Row> expected = rows("undisturbed");
    Dataset<Row> found = rows(output);
    assertThat(found.count()).isEqualTo(expected.count());
    assertThat(found.exceptAll(expected).count()).isZero();
    assertThat(expected.exceptAll(found).count()).isZero();
  }

  private static Dataset<Row> rows(String output) {
    // Scores may differ in the last digits with the composition of batches.
    return LocalSpark.session()
        .read()
        .parquet(folder.resolve(output).toString())
        .selectExpr(
            "id",
            "text",
            "transform(mentions, m -> struct(m.start, m.end, m.text)) mentions",
            "error");
  }

  /** Runs to the end. */
  private static void run(String output) throws Exception {
    Process driver = start(output);
    if (!driver.waitFor(5, TimeUnit.MINUTES)) {
      kill(driver);
    }
    assertThat(driver.waitFor()).as(Files.readString(log(output))).isZero();
  }

  /**
   * Kills a driver as soon as there is a new file of that kind. It must not end before: a kill that
   * comes too late would test nothing.
   */
  private static void runKilledAt(String output, String trigger) throws Exception {
    List<String> before = files(output, trigger);
    Process driver = start(output);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    boolean seen = false;
    while (!seen && driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(1);
      List<String> now = files(output, trigger);
      now.removeAll(before);
      seen = !now.isEmpty();
    }
    kill(driver);
    assertThat(seen).as("%s before the end: %s", trigger, Files.readString(log(output))).isTrue();
  }

  private static List<String> files(String output, String pattern) {
    Path root = folder.resolve(output);
    List<String> found = new ArrayList<>();
    if (Files.exists(root)) {
      try (Stream<Path> all = Files.walk(root)) {
        all.map(file -> root.relativize(file).toString())
            .filter(name -> name.matches(pattern))
            .forEach(found::add);
      } catch (IOException | UncheckedIOException e) {
        // A directory went away while it was read; look again.
        return found;
      }
    }
    return found;
  }

  /** {@link Process#destroyForcibly} is SIGKILL: no shutdown hook runs. */
  private static void kill(Process driver) throws InterruptedException {
    driver.destroyForcibly().waitFor();
  }

  private static Path log(String output) {
    return folder.resolve(output + ".log");
  }

  private static Process start(String output) throws IOException {
    return Drivers.start(
        folder,
        log(output),
        List.of("spark.master=local[2]"),
        "annotate",
        "--incremental",
        "--max-files-per-batch",
        "2",
        "--input",
        "in",
        "--output",
        output);
  }
}
