package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.SparkSubmit.Run;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar as users run it: spark-submit's main class in a JVM of its own, with nothing on the class
 * path but Spark's jars.
 */
class SparkSubmitIT {

  private static final int DOCUMENTS = 40;

  @TempDir private static Path folder;

  @BeforeAll
  static void writeDocuments() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      lines.add(
          "{\"id\": \"%d\", \"text\": \"%s In %d, Marie Curie 👩‍🔬 left Warsaw for the University of Paris; 東京 came later.\"}"
              .formatted(i, "Long ago. ".repeat(i % 7), 1800 + i));
    }
    lines.add("{\"id\": \"null\", \"text\": null}");
    Files.write(folder.resolve("docs.jsonl"), lines);
  }

  @Test
  void executorsInOtherJvmsLoadEachModelOnceAndFindTheSame() throws Exception {
    String[] annotate = {
      "annotate", "--input", "docs.jsonl", "--repartition", "8",
      "--model", "nano-llama", "--model", "nano-neox", "--output"
    };
    Run local = submit(List.of("--master", "local[2]"), with(annotate, "local"));
    assertThat(local.code()).as(local.err()).isZero();
    assertThat(local.out())
        .contains("rows in             41", "rows written        41", "rows without text   1");

    Run cluster =
        submit(
            List.of(
                "--master",
                "local-cluster[2,1,1024]",
                "--conf",
                "spark.scheduler.minRegisteredResourcesRatio=1.0",
                "--conf",
                "spark.scheduler.maxRegisteredResourcesWaitingTime=60s",
                // Each task to the executor that is free, so that both take part.
                "--conf",
                "spark.locality.wait=0"),
            with(annotate, "cluster"));
    assertThat(cluster.code()).as(cluster.err()).isZero();

    Provenance provenance = provenance("cluster");
    assertThat(provenance.executors()).containsOnlyKeys("0", "1");
    assertThat(provenance.executors().values()).allMatch(executor -> executor.loads() == 1);
    assertThat(provenance.counts()).isEqualTo(provenance("local").counts());

    Dataset<Row> expected = rows("local");
    assertThat(expected.count()).isEqualTo(DOCUMENTS + 1);
    assertThat(expected.where("size(mentions_nano_llama) > 0").count()).isEqualTo(DOCUMENTS);
    assertThat(rows("cluster").exceptAll(expected).count()).isZero();
    assertThat(expected.exceptAll(rows("cluster")).count()).isZero();
  }

  @Test
  void whatCannotBeDoneIsSaidInOneLine() throws Exception {
    assertFails(1, "Cannot read the input .*/none.jsonl: no such file.*", "none.jsonl", "x");
    assertFails(
        1,
        "Cannot find the text column \"body\" in the input: its columns are id, text;.*",
        "docs.jsonl",
        "x",
        "--text-column",
        "body");
    Files.createDirectories(folder.resolve("full"));
    Files.writeString(folder.resolve("full/part-0.parquet"), "data of somebody");
    assertFails(1, "Cannot write to .*/full: it holds data already;.*", "docs.jsonl", "full");
    assertFails(
        2,
        "Unknown option: --treshold; did you mean --threshold\\?",
        "docs.jsonl",
        "x",
        "--treshold",
        "1");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  private static void assertFails(
      int code, String message, String input, String output, String... more) throws Exception {
    String[] arguments = {"annotate", "--input", input, "--output", output};
    Run run = submit(List.of("--master", "local[1]"), with(arguments, more));
    assertThat(run.code()).as(run.err()).isEqualTo(code);
    assertThat(run.err().lines().filter(line -> line.startsWith("tommer-spark: ")).toList())
        .singleElement()
        .asString()
        .matches("tommer-spark: " + message);
    assertThat(run.err()).doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
  }

  private static Dataset<Row> rows(String output) {
    SparkSession spark = LocalSpark.session();
    // Scores may differ in the last digits with the composition of batches.
    return spark
        .read()
        .parquet(folder.resolve(output).toString())
        .selectExpr(
            "id",
            "text",
            "transform(mentions_nano_llama, m -> struct(m.start, m.end, m.text)) mentions_nano_llama",
            "transform(mentions_nano_neox, m -> struct(m.start, m.end, m.text)) mentions_nano_neox",
            "error");
  }

  private static Provenance provenance(String output) throws IOException {
    return CommitLog.newest(
            new org.apache.hadoop.fs.Path(folder.resolve(output).toUri()), new Configuration())
        .orElseThrow();
  }

  private static Run submit(List<String> options, String... arguments) throws Exception {
    return SparkSubmit.submit(folder, options, arguments);
  }

  private static String[] with(String[] arguments, String... more) {
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return all;
  }
}
