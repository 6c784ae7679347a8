package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.BundledModel;
import io.github.tommerspark.jobs.CountedFileSystem;
import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two executors of one machine, JVMs of their own, whose first tasks begin at the same time: each
 * needs the native libraries unpacked and the model fetched, and nothing is there yet.
 */
class ConcurrentStartIT {

  private static final int ROWS = 8;

  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws IOException {
    BundledModel.unpack("nano-llama", folder.resolve("model"));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      lines.add(
          "{\"id\": %d, \"text\": \"In %d Marie Curie left Warsaw.\"}".formatted(i, 1880 + i));
    }
    Files.write(folder.resolve("docs.jsonl"), lines);
  }

  @Test
  void executorsThatStartTogetherFetchAndUnpackOnce() throws Exception {
    startTogether(2);
  }

  @Test
  @Tag("soak")
  void alsoWhenTheyDoSoOften() throws Exception {
    startTogether(20);
  }

  private static void startTogether(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      startTogether(Files.createTempDirectory(folder, "caches"), "round %d".formatted(i));
    }
  }

  /**
   * Caches are those of the executors alone: the driver, which describes the model, has its own.
   */
  private static void startTogether(Path caches, String round) throws Exception {
    Path log = caches.resolve("log");
    Path opened = caches.resolve("opened");
    Path output = caches.resolve("out");
    Path natives = caches.resolve("natives");
    List<String> properties = new ArrayList<>(Drivers.cluster());
    properties.add("spark.executorEnv.XDG_CACHE_HOME=" + caches.resolve("executors"));
    properties.add("spark.executorEnv.DJL_CACHE_DIR=" + natives);
    properties.add("spark.hadoop.fs.counted.impl=" + CountedFileSystem.class.getName());
    properties.add("spark.hadoop." + CountedFileSystem.LOG + "=" + opened);
    Process driver =
        Drivers.start(
            folder,
            log,
            properties,
            Map.of("XDG_CACHE_HOME", caches.resolve("driver").toString()),
            "annotate",
            "--input",
            "docs.jsonl",
            "--output",
            output.toString(),
            "--repartition",
            "2",
            "--backbone",
            "counted://" + folder.resolve("model"),
            "--head",
            "counted://" + folder.resolve("model/head"));
    if (!driver.waitFor(3, TimeUnit.MINUTES)) {
      driver.descendants().forEach(ProcessHandle::destroyForcibly);
      driver.destroyForcibly();
    }
    assertThat(driver.waitFor()).as("%s: %s", round, Files.readString(log)).isZero();

    Provenance provenance =
        CommitLog.newest(new org.apache.hadoop.fs.Path(output.toUri()), new Configuration())
            .orElseThrow();
    assertThat(provenance.executors()).as(round).containsOnlyKeys("0", "1");
    assertThat(provenance.executors().values()).allMatch(executor -> executor.loads() == 1);
    assertThat(provenance.counts().rowsWritten()).isEqualTo(ROWS);
    assertThat(provenance.counts().errorRows()).isZero();
    assertThat(provenance.counts().mentions().values())
        .allSatisfy(mentions -> assertThat(mentions).isGreaterThanOrEqualTo(ROWS));

    List<String> fetched =
        Files.readAllLines(opened).stream()
            .filter(line -> !line.startsWith(driver.pid() + " "))
            .map(line -> line.replaceAll("\\d+ .*/model/", ""))
            .toList();
    // config.json is read for itself and for the plan of what else is needed.
    assertThat(fetched)
        .as(round)
        .containsOnlyOnce("model.safetensors", "tokenizer.json", "head/model.safetensors");
    assertThat(names(caches.resolve("executors/tommer-spark/models")))
        .as("two entries with their locks, the verdict of dtypes, and no leftovers")
        .hasSize(5)
        .contains("dtypes")
        .allMatch(name -> name.matches("dtypes|[0-9a-f]{32}(\\.lock)?"));
    assertThat(names(natives))
        .containsExactlyInAnyOrder(
            "pytorch", "tokenizers", "tommer-spark.checked", "tommer-spark.lock");
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
