package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.SparkSubmit;
import io.github.tommerspark.jobs.SparkSubmit.Run;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Executors that Spark assigns GPUs to. The worker says that it has two; the models are loaded on
 * the CPU by the setting for tests, so that all but CUDA itself is as on a GPU cluster.
 */
class GpuExecutorsIT {

  @TempDir private static Path folder;
  private static Path discovery;

  @BeforeAll
  static void writeFiles() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      lines.add(
          "{\"id\": %d, \"text\": \"In %d Marie Curie left Warsaw.\"}".formatted(i, 1880 + i));
    }
    Files.write(folder.resolve("docs.jsonl"), lines);
    discovery = folder.resolve("discovery.sh");
    Files.writeString(
        discovery, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}'\n");
    Files.setPosixFilePermissions(discovery, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void everyExecutorUsesItsOwnGpuAndLoadsItsModelOnce() throws Exception {
    Run run = annotate("out", "spark.tommer.test.device=cpu");
    assertThat(run.code()).as(run.err()).isZero();

    Provenance provenance =
        CommitLog.newest(
                new org.apache.hadoop.fs.Path(folder.resolve("out").toUri()), new Configuration())
            .orElseThrow();
    assertThat(provenance.counts().rowsWritten()).isEqualTo(24);
    assertThat(provenance.executors()).containsOnlyKeys("0", "1");
    assertThat(provenance.executors().values()).allMatch(executor -> executor.loads() == 1);
    // Twelve tasks on two executors, but each executor has used one GPU only.
    assertThat(provenance.executors().values())
        .extracting(Provenance.Executor::devices)
        .containsExactlyInAnyOrder(
            List.of("cpu (assigned: gpu(0))"), List.of("cpu (assigned: gpu(1))"));
  }

  @Test
  void aGpuThatCannotBeUsedEndsTheJobAndSaysWhatWasFound() throws Exception {
    Run run = annotate("none", "spark.tommer.device=gpu");
    assertThat(run.code()).as(run.err()).isEqualTo(1);
    assertThat(run.err().lines().filter(line -> line.startsWith("tommer-spark: ")).toList())
        .singleElement()
        .asString()
        .matches("tommer-spark: Cannot use GPU [01]: libtorch .* sees no GPU, .* --device cpu, .*");
  }

  @Test
  void theDoctorSeesEveryExecutor() throws Exception {
    Run run = submit("spark.tommer.test.device=cpu", "doctor", "--executors");
    assertThat(run.code()).as(run.err()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines.stream().filter(line -> line.startsWith("executor ")).toList())
        .satisfiesExactly(
            first -> assertThat(first).startsWith("executor 0 on "),
            second -> assertThat(second).startsWith("executor 1 on "));
    assertThat(lines.stream().filter(line -> line.startsWith("ok    bf16 ")).toList())
        .hasSize(2)
        .anyMatch(line -> line.contains("bge-small on cpu (assigned: gpu(0)): DICE "))
        .anyMatch(line -> line.contains("bge-small on cpu (assigned: gpu(1)): DICE "));
  }

  private static Run annotate(String output, String property) throws Exception {
    return submit(
        property,
        "annotate",
        "--model",
        "nano-llama",
        "--input",
        "docs.jsonl",
        "--output",
        output,
        "--repartition",
        "12");
  }

  private static Run submit(String property, String... command) throws Exception {
    List<String> options = new ArrayList<>(List.of("--master", "local-cluster[1,2,2048]"));
    for (String conf :
        List.of(
            "spark.worker.resource.gpu.amount=2",
            "spark.worker.resource.gpu.discoveryScript=" + discovery,
            "spark.executor.resource.gpu.amount=1",
            "spark.task.resource.gpu.amount=1",
            "spark.executor.cores=1",
            "spark.executor.memory=512m",
            "spark.scheduler.minRegisteredResourcesRatio=1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime=60s",
            "spark.locality.wait=0",
            property)) {
      options.addAll(List.of("--conf", conf));
    }
    return SparkSubmit.submit(folder, options, command);
  }
}
