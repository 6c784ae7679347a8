package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.Drivers;
import io.github.tommerspark.jobs.KilledRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executors, JVMs of their own, whose devices fail, which are decommissioned, or whose tasks run
 * twice: every row is there once with its mentions, or the job fails and nothing is.
 */
class ExecutorFaultsIT {

  private static final int FILES = 8;
  private static final int ROWS_PER_FILE = 40;
  private static final String FAULTS = "spark.tommer.test.faults=";

  @TempDir private static Path folder;
  private static KilledRuns runs;

  @BeforeAll
  static void anUndisturbedRun() throws Exception {
    runs = new KilledRuns(folder);
    runs.writeInput(FILES, ROWS_PER_FILE);
    run(KilledRuns.UNDISTURBED, 0, List.of("spark.master=local[2]"));
    runs.assertComplete(FILES, ROWS_PER_FILE);
  }

  @Test
  void devicesThatFailNowAndThenCostExecutorsAndNoRows() throws Exception {
    // Batches so small that one of the executors makes six calls.
    String printed = run("now-and-then", 0, cluster(FAULTS + "cuda/6"), "--batch-tokens", "1024");
    runs.assertSameRows("now-and-then");
    assertThat(printed).containsPattern("failed devices +[1-9].* an illegal memory access");
  }

  @Test
  void aDeviceThatIsDeadLeavesItsWorkToOthers() throws Exception {
    String printed =
        run("dead", 0, cluster(FAULTS + "cuda/1+@0"), "--incremental", "--max-files-per-batch=4");
    runs.assertSameRows("dead");
    assertThat(printed).containsPattern("failed devices +1; .* \\(executor 0\\)");
  }

  @Test
  void devicesThatAreAllDeadFailTheJobAndNothingIsCommitted() throws Exception {
    String printed = run("all-dead", 1, cluster(FAULTS + "cuda/1+"), "--incremental");
    assertThat(printed)
        .containsPattern("(?m)^tommer-spark: The CPU failed.* an illegal memory access");
    assertThat(runs.files("all-dead", "_tommer/commits/.*\\.json")).isEmpty();
    // The same files again, with devices that work.
    run("all-dead", 0, List.of("spark.master=local[2]"), "--incremental");
    runs.assertSameRows("all-dead");
  }

  @Test
  void tasksThatRunTwiceWriteOnce() throws Exception {
    List<String> properties =
        cluster(
            "spark.speculation=true",
            "spark.speculation.interval=20ms",
            "spark.speculation.multiplier=1.01",
            "spark.speculation.quantile=0.1",
            "spark.speculation.minTaskRuntime=20ms");
    run("speculative", 0, properties, "--repartition", "5");
    runs.assertSameRows("speculative");
  }

  @Test
  void aDecommissionedExecutorLosesNothing() throws Exception {
    Process driver = start("decommissioned", cluster("spark.decommission.enabled=true"));
    boolean told = false;
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(5);
      if (!told && !runs.files("decommissioned", ".*part-[^/]*").isEmpty()) {
        Optional<ProcessHandle> executor =
            driver
                .children()
                .filter(child -> child.info().command().orElse("").endsWith("java"))
                .findFirst();
        if (executor.isPresent()) {
          String pid = Long.toString(executor.get().pid());
          told = new ProcessBuilder("kill", "-PWR", pid).start().waitFor() == 0;
        }
      }
    }
    String printed = ended("decommissioned", driver, 0);
    assertThat(told).isTrue();
    assertThat(printed).containsIgnoringCase("decommission");
    runs.assertSameRows("decommissioned");
  }

  private static List<String> cluster(String... properties) {
    List<String> all = new ArrayList<>(Drivers.cluster());
    all.addAll(List.of(properties));
    return all;
  }

  private static Process start(String output, List<String> properties, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--dtype", "fp32"));
    arguments.addAll(List.of(more));
    return runs.start(output, properties, arguments.toArray(String[]::new));
  }

  private static String run(String output, int code, List<String> properties, String... more)
      throws Exception {
    Process driver = start(output, properties, more);
    driver.waitFor(5, TimeUnit.MINUTES);
    return ended(output, driver, code);
  }

  private static String ended(String output, Process driver, int code) throws Exception {
    driver.descendants().forEach(ProcessHandle::destroyForcibly);
    driver.destroyForcibly();
    assertThat(driver.waitFor()).as(runs.printed(output)).isEqualTo(code);
    return runs.printed(output);
  }
}
