package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of which an executor, a JVM of its own, is killed with SIGKILL while it writes. */
class ExecutorKillIT {

  private static final int FILES = 6;
  private static final int ROWS_PER_FILE = 80;

  @TempDir private static Path folder;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    Files.createDirectories(folder.resolve("in"));
    for (int f = 0; f < FILES; f++) {
      List<String> lines = new ArrayList<>();
      for (int r = 0; r < ROWS_PER_FILE; r++) {
        lines.add(
            "{\"id\": \"%d-%d\", \"text\": \"%s In %d, Marie Curie left Warsaw for the University of Paris.\"}"
                .formatted(f, r, "Long ago. ".repeat(r % 17), 1800 + r));
      }
      Files.write(folder.resolve("in").resolve(f + ".jsonl"), lines);
    }
    Process driver =
        Drivers.start(
            folder, log("undisturbed"), List.of("spark.master=local[2]"), annotate("undisturbed"));
    assertThat(driver.waitFor()).as(Files.readString(log("undisturbed"))).isZero();
    assertThat(rows("undisturbed").where("size(mentions) > 0").count())
        .isEqualTo(FILES * (long) ROWS_PER_FILE);
  }

  @Test
  void aKilledExecutorChangesNothingInABatchJob() throws Exception {
    runWithKills("batch", 1, annotate("batch"));
  }

  @Test
  void aKilledExecutorChangesNothingInAnIncrementalRun() throws Exception {
    runWithKills("growing", 1, annotate("growing", "--incremental", "--max-files-per-batch", "3"));
  }

  @Test
  @Tag("soak")
  void killedAgainAndAgain() throws Exception {
    // Fewer than would make any task fail four times.
    runWithKills("batch-again", 3, annotate("batch-again"));
    runWithKills(
        "growing-again",
        3,
        annotate("growing-again", "--incremental", "--max-files-per-batch", "2"));
  }

  /** Kills as many executors, each when a task has begun to write a file that was not there. */
  private static void runWithKills(String output, int kills, String... arguments) throws Exception {
    Process driver = Drivers.start(folder, log(output), Drivers.cluster(), arguments);
    List<String> seen = new ArrayList<>();
    int killed = 0;
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(8);
    while (driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(2);
      List<String> writing = killed < kills ? beingWritten(output) : List.of();
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
    assertThat(driver.waitFor()).as(Files.readString(log(output))).isZero();
    assertThat(killed).as("executors killed while tasks were writing").isEqualTo(kills);

    Dataset<Row> expected = rows("undisturbed");
    Dataset<Row> found = rows(output);
    assertThat(found.count()).isEqualTo(expected.count());
    assertThat(found.exceptAll(expected).count()).isZero();
    assertThat(expected.exceptAll(found).count()).isZero();
  }

  /** Workers of a local cluster live in the driver's JVM: its children are the executors. */
  private static Optional<ProcessHandle> executor(Process driver) {
    return driver
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("java"))
        .findFirst();
  }

  /** Files that tasks have begun and that are not committed. */
  private static List<String> beingWritten(String output) {
    Path root = folder.resolve(output);
    List<String> found = new ArrayList<>();
    if (Files.exists(root)) {
      try (Stream<Path> all = Files.walk(root)) {
        all.map(file -> root.relativize(file).toString())
            .filter(name -> name.matches(".*_temporary/\\d+/_temporary/.*/part-[^/]*"))
            .forEach(found::add);
      } catch (IOException | UncheckedIOException e) {
        // A directory went away while it was read; look again.
        return found;
      }
    }
    return found;
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

  private static String[] annotate(String output, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("annotate", "--input", "in", "--output", output));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static Path log(String output) {
    return folder.resolve(output + ".log");
  }
}
