package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.MentionDetector;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.FaultyProxy.Fault;
import io.github.tommerspark.jobs.FaultyProxy.Hold;
import io.github.tommerspark.jobs.annotate.AnnotateJob;
import io.github.tommerspark.jobs.annotate.AnnotateOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Input, model, output and checkpoint on s3a, with the settings in conf/s3a.conf, a real server and
 * trouble on the way to it. What is in the bucket is asked of the server itself.
 */
class S3IT {

  private static final int FILES = 4;
  private static final int ROWS_PER_FILE = 20;

  /** What a trial would choose may differ between runs that are to find the same. */
  private static final ComputeType DTYPE = ComputeType.FP32;

  @TempDir private static Path folder;

  private static S3Server s3;
  private static FaultyProxy proxy;

  @BeforeAll
  static void aBucketAndALocalRun() throws Exception {
    s3 = S3Server.start(folder);
    proxy = FaultyProxy.before(s3.port());
    for (int f = 0; f < FILES; f++) {
      List<String> lines = new ArrayList<>();
      for (int r = 0; r < ROWS_PER_FILE; r++) {
        lines.add(
            "{\"id\": \"%d-%d\", \"text\": \"%s In %d, Marie Curie left Warsaw for the University of Paris.\"}"
                .formatted(f, r, "Long ago. ".repeat(r % 11), 1800 + r));
      }
      Path file = folder.resolve("docs").resolve(f + ".jsonl");
      Files.createDirectories(file.getParent());
      Files.write(file, lines);
      s3.put("docs/" + f + ".jsonl", file);
    }
    for (String file :
        List.of(
            "config.json",
            "tokenizer.json",
            "tommer.json",
            "model.safetensors",
            "head/boundary.json",
            "head/model.safetensors",
            "head/tommer.json")) {
      Path copy = folder.resolve("model");
      try (InputStream in =
          MentionDetector.class.getResourceAsStream(
              "/io/github/tommerspark/models/nano-llama/" + file)) {
        Files.write(copy, in.readAllBytes());
      }
      s3.put("models/nano-llama/" + file, copy);
    }
    AnnotateJob.run(
        LocalSpark.session(),
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve("docs").toString()), null, Map.of(), "text", null),
            new OutputOptions(
                folder.resolve("local").toString(),
                OutputFormat.PARQUET,
                WriteMode.ERROR,
                "mentions",
                null,
                false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(DTYPE),
            0,
            false,
            Map.of()));
    assertThat(rows("local").where("size(mentions) > 0").count()).isEqualTo(FILES * ROWS_PER_FILE);
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    s3.close();
  }

  @Test
  void whateverTheNetworkDoesTheRowsAreThoseOfALocalRunAndNoFileIsSeenInPart() throws Exception {
    underFaults("faults", 9);
  }

  @Test
  @Tag("soak")
  void everyThirdRequestGoesWrong() throws Exception {
    underFaults("many", 3);
  }

  private static void underFaults(String output, int every) throws Exception {
    proxy.faultEvery(every);
    Process driver =
        annotate(
            output,
            "--repartition",
            "4",
            "--backbone",
            "s3a://bucket/models/nano-llama",
            "--head",
            "s3a://bucket/models/nano-llama/head",
            // As the bundled model, which knows that its head is its own.
            "--threshold",
            "recommended");
    Map<String, String> seen = new TreeMap<>();
    int looks = 0;
    while (driver.isAlive()) {
      look(output, seen);
      looks++;
      Thread.sleep(50);
    }
    assertThat(driver.exitValue()).as(log(output)).isZero();
    assertThat(proxy.faults()).as("%s", proxy.faults()).containsOnlyKeys(Fault.values());
    proxy.faultEvery(0);

    assertThat(looks).isGreaterThan(10);
    Map<String, String> data = data(output);
    assertThat(data).hasSize(4).containsAllEntriesOf(seen);
    assertSameRows(output);
    assertNothingPending(output);
    Provenance provenance = provenance(output);
    assertThat(provenance.counts().rowsWritten()).isEqualTo(FILES * ROWS_PER_FILE);
    assertThat(provenance.output().files().keySet())
        .containsExactlyElementsOf(
            data.keySet().stream().map(key -> key.substring(output.length() + 1)).toList());
  }

  @Test
  void aRunThatFailsLeavesNothing() throws Exception {
    Path broken = folder.resolve("broken.jsonl");
    Files.write(broken, List.of("{\"id\": \"broken\", \"te"));
    s3.put("broken/docs.jsonl", broken);
    int before = proxy.uploadsBegun();
    Process driver =
        annotate(
            List.of("spark.sql.files.maxPartitionBytes=1k"),
            "failed",
            "--input",
            "s3a://bucket/broken",
            "--fail-fast");
    assertThat(driver.waitFor()).as(log("failed")).isEqualTo(1);
    assertThat(log("failed"))
        .contains("tommer-spark: A row failed and --fail-fast is set: input: malformed JSON");
    assertThat(proxy.uploadsBegun()).isGreaterThan(before);
    // At most the empty objects that stand for directories.
    assertThat(s3.objects("failed/").keySet()).allMatch(key -> key.endsWith("/"));
    assertThat(s3.uploads("failed/")).isEmpty();
  }

  @Test
  void aRunThatIsKilledWhileItCommitsIsMadeGoodByTheNext() throws Exception {
    AtomicInteger completed = new AtomicInteger();
    // The first batch, and one file of the second.
    Hold hold = proxy.hold(request -> request.completesUpload() && completed.incrementAndGet() > 3);
    Process driver = incremental("killed");
    await(driver, hold);
    driver.destroyForcibly().waitFor();
    proxy.hold(request -> false);

    assertThat(data("killed")).hasSize(3);
    look("killed", new TreeMap<>());
    assertThat(s3.uploads("killed/")).isNotEmpty();
    assertThat(s3.objects("killed/").keySet()).anyMatch(key -> key.contains("/__magic"));

    proxy.faultEvery(12);
    driver = incremental("killed");
    assertThat(driver.waitFor()).as(log("killed")).isZero();
    assertThat(proxy.faults()).isNotEmpty();
    proxy.faultEvery(0);
    assertThat(log("killed")).contains("upload(s) that nobody finished");
    assertSameRows("killed");
    assertNothingPending("killed");
    assertThat(log("killed"))
        .contains("Removing 1 file(s) from s3a://bucket/killed that belong to no");
    assertThat(s3.objects("killed/_tommer/writers/").keySet())
        .noneMatch(key -> key.endsWith(".json"));
  }

  @Test
  @Tag("soak")
  void killedAtAnyTime() throws Exception {
    Random random = new Random(1);
    proxy.faultEvery(20);
    for (int i = 0; i < 8; i++) {
      Process driver = incremental("anytime");
      if (!driver.waitFor(4_000 + random.nextInt(9_000), TimeUnit.MILLISECONDS)) {
        driver.destroyForcibly().waitFor();
      }
      look("anytime", new TreeMap<>());
    }
    assertThat(incremental("anytime").waitFor()).as(log("anytime")).isZero();
    proxy.faultEvery(0);
    assertSameRows("anytime");
    assertNothingPending("anytime");
  }

  @Test
  @Tag("soak")
  void aKilledBatchRunIsMadeGoodByOneThatOverwrites() throws Exception {
    Hold hold = proxy.hold(FaultyProxy.Request::completesUpload);
    Process driver = annotate("again");
    await(driver, hold);
    driver.destroyForcibly().waitFor();
    proxy.hold(request -> false);
    assertThat(data("again")).isEmpty();
    assertThat(s3.uploads("again/")).isNotEmpty();

    driver = annotate("again", "--mode", "overwrite");
    assertThat(driver.waitFor()).as(log("again")).isZero();
    assertSameRows("again");
    assertNothingPending("again");
  }

  /** Waits for a driver to reach a request that is held. */
  private static void await(Process driver, Hold hold) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!hold.isReached() && driver.isAlive() && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertThat(hold.isReached()).as("reached before the end").isTrue();
  }

  private static Process incremental(String output) throws IOException {
    return annotate(output, "--incremental", "--max-files-per-batch", "2");
  }

  private static Process annotate(String output, String... more) throws IOException {
    return annotate(List.of(), output, more);
  }

  private static Process annotate(List<String> properties, String output, String... more)
      throws IOException {
    List<String> options = new ArrayList<>();
    settings().forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    List<String> all = new ArrayList<>(properties);
    // As submit.sh does it: a connection that breaks at a bad moment costs a task, not the job.
    all.add("spark.master=local[2,4]");
    all.add("spark.sql.shuffle.partitions=2");
    // A task for each file.
    all.add("spark.sql.files.openCostInBytes=64k");
    all.add("spark.hadoop.fs.s3a.endpoint=http://127.0.0.1:" + proxy.port());
    all.add("spark.hadoop.fs.s3a.path.style.access=true");
    all.add("spark.hadoop.fs.s3a.connection.ssl.enabled=false");
    all.add("spark.hadoop.fs.s3a.access.key=none");
    all.add("spark.hadoop.fs.s3a.secret.key=none");
    all.add("spark.hadoop.fs.s3a.buffer.dir=" + folder.resolve("buffers"));
    all.add("spark.tommer.model-cache=" + folder.resolve(output + "-models"));
    all.forEach(property -> options.addAll(List.of("--conf", property)));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "annotate",
                "--input",
                "s3a://bucket/docs",
                "--output",
                "s3a://bucket/" + output,
                "--dtype",
                DTYPE.label()));
    arguments.addAll(Arrays.asList(more));
    if (!arguments.contains("--backbone")) {
      arguments.addAll(List.of("--model", "nano-llama"));
    }
    return SparkSubmit.start(
        folder,
        folder.resolve(output + ".out"),
        folder.resolve(output + ".log"),
        List.of(Path.of(System.getProperty("tommer.s3a.jars"))),
        options,
        arguments.toArray(String[]::new));
  }

  /** What the product tells users to set. */
  private static Map<String, String> settings() throws IOException {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of("..", "conf", "s3a.conf"))) {
      properties.load(in);
    }
    Map<String, String> settings = new TreeMap<>();
    properties.forEach((key, value) -> settings.put(key.toString(), value.toString()));
    return settings;
  }

  private static String log(String output) throws IOException {
    return String.join(
        "\n",
        Files.readAllLines(folder.resolve(output + ".log")).stream()
            .filter(
                line ->
                    !line.startsWith("\t")
                        && !line.contains(" INFO S")
                        && !line.contains(" INFO A"))
            .toList());
  }

  /** Data files that a reader would see at this moment, with their entity tags. */
  private static Map<String, String> data(String output) throws Exception {
    Map<String, String> data = s3.objects(output + "/");
    data.keySet()
        .removeIf(
            key ->
                key.endsWith("/")
                    || Arrays.stream(key.split("/"))
                        .anyMatch(name -> name.startsWith("_") || name.startsWith(".")));
    return data;
  }

  /** Demands that each data file there is at this moment is all of a file. */
  private static void look(String output, Map<String, String> seen) throws Exception {
    for (Map.Entry<String, String> object : data(output).entrySet()) {
      if (!object.getValue().equals(seen.put(object.getKey(), object.getValue()))) {
        Path copy = folder.resolve("seen.parquet");
        Files.write(copy, s3.get(object.getKey()));
        assertThat(rowsOf(copy)).as(object.getKey()).isPositive();
      }
    }
  }

  /** From the footer, which is at the end. */
  private static long rowsOf(Path file) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(
            HadoopInputFile.fromPath(
                new org.apache.hadoop.fs.Path(file.toUri()), new Configuration()))) {
      return reader.getRecordCount();
    }
  }

  private static void assertNothingPending(String output) throws Exception {
    assertThat(s3.uploads(output + "/")).isEmpty();
    assertThat(s3.objects(output + "/").keySet())
        .noneMatch(key -> key.contains("__magic") || key.endsWith(".tmp"));
  }

  private static Provenance provenance(String output) throws Exception {
    List<String> commits =
        s3.objects(output + "/_tommer/commits/").keySet().stream()
            .filter(key -> key.endsWith(".json"))
            .toList();
    assertThat(commits).hasSize(1);
    return Provenance.JSON.readValue(s3.get(commits.get(0)), Commit.class).run();
  }

  private static void assertSameRows(String output) throws Exception {
    Path copies = folder.resolve("copy-" + output);
    int files = 0;
    for (String key : data(output).keySet()) {
      Files.createDirectories(copies);
      Files.write(copies.resolve(files++ + ".parquet"), s3.get(key));
    }
    Dataset<Row> expected = rows("local");
    Dataset<Row> found = rows(copies.getFileName().toString());
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
}
