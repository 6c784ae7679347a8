package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.decode.Decoder;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncrementalJobTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void whatIsNewIsAnnotatedOnceAndNothingTwice() throws IOException {
    write("in/a.jsonl", doc("a", "Marie Curie was born in Warsaw."));
    write("in/b.jsonl", doc("b", "Ada Lovelace met Charles Babbage in London."));
    IncrementalResult first = job().filesPerBatch(1).run();
    assertThat(first.batches()).hasSize(2);
    assertThat(first.counts().rowsIn()).isEqualTo(2);
    assertThat(first.counts().rowsWritten()).isEqualTo(2);
    assertThat(first.summary())
        .contains("batches             2", "rows in             2", "2 files");
    assertThat(ids()).containsExactlyInAnyOrder("a", "b");

    IncrementalResult again = job().filesPerBatch(1).run();
    assertThat(again.batches()).isEmpty();
    assertThat(again.summary()).contains("new files", "none; nothing to do");
    assertThat(ids()).containsExactlyInAnyOrder("a", "b");

    write("in/c.jsonl", doc("c", "Tokyo is the capital of Japan."));
    Files.setLastModifiedTime(
        folder.resolve("in/c.jsonl"), FileTime.from(Instant.parse("1995-05-05T05:05:05Z")));
    IncrementalResult more = job().run();
    assertThat(more.counts().rowsWritten()).isEqualTo(1);
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(written().select("batch").distinct().count()).isEqualTo(3);
    assertThat(written().where("size(mentions) = 0").count()).isZero();
  }

  @Test
  void everyBatchHasItsProvenance() throws IOException {
    write("in/a.jsonl", doc("a", "Marie Curie was born in Warsaw."));
    write("in/b.jsonl", doc("b", "Ada Lovelace met Charles Babbage in London."));
    IncrementalResult result = job().filesPerBatch(1).run();
    assertThat(CommitLog.of(out(), hadoop()).runs())
        .extracting(Provenance::run)
        .satisfiesExactly(
            first -> assertThat(first).matches("0001-\\w{8}-batch-000000"),
            second -> assertThat(second).matches("0001-\\w{8}-batch-000001"));
    Provenance newest = CommitLog.newest(out(), hadoop()).orElseThrow();
    assertThat(newest).isEqualTo(result.batches().get(1));
    assertThat(newest.input().paths()).singleElement().asString().matches("file:.*/in/[ab].jsonl");
    assertThat(newest.counts().rowsWritten()).isEqualTo(1);
    assertThat(newest.output().files().keySet())
        .allMatch(name -> name.matches("run=0001-\\w{8}/batch=1/part-.*\\.parquet"));
  }

  @Test
  void severalInputsOfOtherNamesAreOneRun() throws IOException {
    write("in/a.jsonl", doc("a", "Marie Curie was born in Warsaw."));
    write("more files/ü b.jsonl", doc("b", "Ada Lovelace met Charles Babbage in London."));
    write("y/year=2026/d.jsonl", doc("d", "Madrid is in Spain."));
    String[] inputs = {"in", "more files", "y/year=2026/d.jsonl"};
    job().inputs(inputs).run();
    write("more files/c.jsonl", doc("c", "Tokyo is the capital of Japan."));
    IncrementalResult second = job().inputs(inputs).run();
    assertThat(second.counts().rowsWritten()).isEqualTo(1);
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d");
    assertRefused(job().inputs("in"), "--input is .*in .*more files .* there and .*in now;.*");
    assertRefused(job().inputs("more files", "in"), "--input is .* there and .* now;.*");
  }

  @Test
  void itFindsWhatARunOverAllFilesFinds() throws IOException {
    for (int i = 0; i < 6; i++) {
      write(
          "in/%d.jsonl".formatted(i),
          doc("x" + i, "In %d Marie Curie left Warsaw for Paris.".formatted(1880 + i))
              + "{\"id\": \"null%d\", \"text\": null}\n".formatted(i));
    }
    IncrementalResult result = job().filesPerBatch(2).run();
    assertThat(result.counts().withoutText()).isEqualTo(6);
    // A batch of its own, in which no record can be read.
    write("in/6.jsonl", "{\"id\": \"broken\", \"te\n");
    assertThat(job().run().counts().errorRows()).isEqualTo(1);
    AnnotateOptions options = job().options();
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            options.corpus(),
            new OutputOptions(
                folder.resolve("batch").toString(),
                OutputFormat.PARQUET,
                WriteMode.ERROR,
                "mentions",
                null,
                false),
            options.models(),
            options.engine(),
            0,
            false,
            Map.of()));
    String[] columns = {
      "id", "text", "transform(mentions, m -> struct(m.start, m.end, m.text)) m", "error"
    };
    Dataset<Row> expected =
        spark.read().parquet(folder.resolve("batch").toString()).selectExpr(columns);
    Dataset<Row> found = written().selectExpr(columns);
    assertThat(expected.count()).isEqualTo(13);
    assertThat(found.exceptAll(expected).count()).isZero();
    assertThat(expected.exceptAll(found).count()).isZero();
  }

  @Test
  void newColumnsAreLeftOutAndMissingOnesFail() throws IOException {
    write("in/a.jsonl", "{\"id\": \"a\", \"title\": \"t\", \"text\": \"Paris is in France.\"}\n");
    job().run();
    write(
        "in/b.jsonl",
        "{\"id\": \"b\", \"title\": \"t\", \"text\": \"Rome is in Italy.\", \"new\": 1}\n");
    job().run();
    assertThat(ids()).containsExactlyInAnyOrder("a", "b");
    assertThat(written().columns()).doesNotContain("new");

    write("in/c.jsonl", doc("c", "Madrid is in Spain."));
    assertRefused(
        job(), "Cannot annotate file:.*/in/c.jsonl: the column \"title\" is missing, which .*");
    assertThat(ids()).containsExactlyInAnyOrder("a", "b");

    // As the message says: the file was not annotated, so it may be corrected.
    write("in/c.jsonl", "{\"id\": \"c\", \"title\": \"t\", \"text\": \"Madrid is in Spain.\"}\n");
    job().run();
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void columnsOfParquetFilesAreCheckedFileByFile() throws IOException {
    parquet("a", "select 'a' id, 1L n, 'Paris is in France.' text");
    job().run();
    parquet("b", "select 'b' id, 1L n, 'Rome is in Italy.' text, 5 extra");
    parquet("c", "select 'c' id, 'Madrid is in Spain.' text");
    assertRefused(job(), "Cannot annotate .*/in/c.parquet: the column \"n\" is missing.*");
    parquet("c", "select 'c' id, 'x' n, 'Madrid is in Spain.' text");
    assertRefused(
        job(),
        "Cannot annotate .*/in/c.parquet: the column \"n\" is of type string, and was bigint.*");
    parquet("c", "select 'c' id, 2L n, 'Madrid is in Spain.' text");
    job().run();
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void csvFilesMustHaveTheSameHeader() throws IOException {
    write("in/a.csv", "id,text\na,Paris is in France.\n");
    job().run();
    write("in/b.csv", "id,text\nb,\"Rome is\nin Italy.\"\n");
    job().run();
    write("in/c.csv", "id,title,text\nc,t,Madrid is in Spain.\n");
    assertRefused(
        job(),
        "Cannot annotate .*/in/c.csv: its columns are id, title, text, and were id, text .*");
    assertThat(ids()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void linesOfTextAndPartitionedDirectories() throws IOException {
    write("in/year=2025/a.txt", "Paris is in France.\n");
    job().run();
    write("in/year=2026/b.txt", "Rome is in Italy.\n");
    job().run();
    assertThat(
            written().selectExpr("concat(year, ' ', text)").as(Encoders.STRING()).collectAsList())
        .containsExactlyInAnyOrder("2025 Paris is in France.", "2026 Rome is in Italy.");
  }

  @Test
  void aLostCheckpointIsRefusedUnlessAnotherOutputIsWanted() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().run();
    assertRefused(
        job().checkpoint("elsewhere"), "it holds data, but the checkpoint .*/elsewhere is new,.*");

    Path checkpoint = folder.resolve("out/_tommer/checkpoint");
    deleteTree(directoryIn(checkpoint).resolve("offsets"));
    assertRefused(job(), "it holds data, but the checkpoint .* is empty;.*");

    job().newOutput().run();
    assertThat(written().select("run").distinct().count()).isEqualTo(2);
    assertThat(ids()).containsExactlyInAnyOrder("a", "a");
    write("in/b.jsonl", doc("b", "Rome is in Italy."));
    job().run();
    assertThat(ids()).containsExactlyInAnyOrder("a", "a", "b");
    assertThat(written().where("run like '0002-%'").count()).isEqualTo(2);
  }

  @Test
  void lostDataIsRefused() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    IncrementalResult result = job().run();
    deleteTree(Path.of(java.net.URI.create(result.directory())));
    assertRefused(
        job(), "commit 1 names run=0001-.*/batch=0/part-.*, which is not there; restore .*");
  }

  @Test
  void aCheckpointBelongsToOneOutput() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().checkpoint("state").run();
    assertThat(folder.resolve("out/_tommer/checkpoint")).doesNotExist();
    assertThat(job().checkpoint("state").run().batches()).isEmpty();
    assertRefused(
        job().checkpoint("state").output("other"), "state belongs to the output .*/out;.*");
  }

  @Test
  void otherModelsAreRefusedUnlessAnotherOutputIsWanted() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().run();
    ModelSpec strict = ModelSpec.bundled("nano-llama").withDecoder(Decoder.THRESHOLD, 0.9);
    assertRefused(
        job().model(strict), "--threshold of nano-llama is 0.36 there and 0.9 now; .*--new-output");
    assertRefused(
        job().model(ModelSpec.bundled("nano-neox")),
        "model fingerprint of nano-neox is \\w+ there and \\w+ now;.*");
    assertThat(job().model(strict).newOutput().run().counts().rowsWritten()).isEqualTo(1);
    assertRefused(job(), "--threshold of nano-llama is 0.9 there and 0.36 now; .*");
  }

  @Test
  void theDtypeOfTheFirstRunIsThatOfAll() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    IncrementalOptions same = new IncrementalOptions(null, 100, false);
    assertThat(IncrementalJob.dtype(job().options(), same, hadoop())).isEmpty();
    job().dtype(ComputeType.BF16).run();
    assertThat(IncrementalJob.dtype(job().options(), same, hadoop())).contains(ComputeType.BF16);
    assertRefused(
        job().dtype(ComputeType.FP32),
        "--dtype of nano-llama is bf16 there and fp32 now; .*--new-output");

    job().dtype(ComputeType.FP32).newOutput().run();
    assertThat(IncrementalJob.dtype(job().options(), same, hadoop())).contains(ComputeType.FP32);
    assertThat(
            IncrementalJob.dtype(
                job().options(), new IncrementalOptions(null, 100, true), hadoop()))
        .isEmpty();
  }

  @Test
  void dataOfOtherJobsIsLeftAlone() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    write("out/part-0.parquet", "data");
    assertRefused(job().newOutput(), "it holds part-0.parquet, which no incremental run wrote;.*");
    Files.delete(folder.resolve("out/part-0.parquet"));
    job().run();
    assertThatThrownBy(
            () ->
                OutputDirectory.open(
                    folder.resolve("out").toString(), WriteMode.APPEND, null, hadoop()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it belongs to incremental runs; add to it with --incremental");
  }

  @Test
  void aSecondWriterIsRefused() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    try (OutputWriter other = OutputDirectory.openIncremental(out().toString(), hadoop()).begin()) {
      assertRefused(job(), "another run is writing to it \\(process \\d+ on .*");
    }
    assertThat(job().run().batches()).hasSize(1);
  }

  @Test
  void aFileWithoutRowsFixesNoColumns() throws IOException {
    write("in/a.jsonl", "");
    assertRefused(job(), "Cannot tell the columns of the input: its files have no rows yet;.*");
    write("in/b.jsonl", doc("b", "Rome is in Italy."));
    job().run();
    assertThat(ids()).containsExactly("b");
  }

  @Test
  void aFileReplacedUnderItsNameIsNotReadAgain() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().run();
    write("in/a.jsonl", doc("other", "Rome is in Italy, far from Paris."));
    assertThat(job().run().batches()).isEmpty();
    assertThat(ids()).containsExactly("a");
  }

  @Test
  void namesWithGlobCharactersAreMeantLiterally() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().run();
    write("in/report[1].jsonl", doc("b", "Rome is in Italy."));
    write("in/{x,y}*.jsonl", doc("c", "Rome is in Italy."));
    assertThat(job().run().counts().rowsWritten()).isEqualTo(2);
    write("in/d.jsonl", doc("d", "Rome is in Italy."));
    assertThat(job().run().counts().rowsWritten()).isEqualTo(1);
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d");

    job().inputs("in/report[1].jsonl").output("one").run();
    assertThat(spark.read().parquet(folder.resolve("one").toString()).count()).isEqualTo(1);
    assertRefused(
        job().inputs("i*/*.jsonl").output("two"),
        "Cannot read file:.*/in/.*\\.jsonl with --incremental: it has a character of .*");
    assertRefused(job().inputs("*").output("in/out"), "lie inside one another; .*");
  }

  @Test
  void aBatchThatIsInTheOutputIsNotTouchedAgain() throws IOException {
    write("in/a.jsonl", doc("a", "Paris is in France."));
    job().run();
    List<Path> before = dataFiles();
    // As if the run had been killed before Spark's own commit.
    Path bookkeeping = directoryIn(folder.resolve("out/_tommer/checkpoint"));
    Files.delete(bookkeeping.resolve("commits/0"));
    Files.deleteIfExists(bookkeeping.resolve("commits/.0.crc"));
    IncrementalResult again = job().run();
    assertThat(again.batches()).isEmpty();
    assertThat(dataFiles()).isEqualTo(before);
    assertThat(CommitLog.of(out(), hadoop()).read().number()).isEqualTo(1);
  }

  private List<Path> dataFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("out"))) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }

  private static void assertRefused(Job job, String message) {
    assertThatThrownBy(job::run)
        .satisfies(thrown -> assertThat(Failures.line(thrown)).matches(".*" + message));
  }

  private Dataset<Row> written() {
    return spark.read().parquet(folder.resolve("out").toString());
  }

  private List<String> ids() {
    return written().select("id").as(Encoders.STRING()).collectAsList();
  }

  private org.apache.hadoop.fs.Path out() {
    return new org.apache.hadoop.fs.Path(folder.resolve("out").toUri());
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }

  private static String doc(String id, String text) {
    return "{\"id\": \"%s\", \"text\": \"%s\"}%n".formatted(id, text);
  }

  private void write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
  }

  private void parquet(String name, String sql) throws IOException {
    Path made = folder.resolve("made-" + name);
    spark.sql(sql).coalesce(1).write().mode("overwrite").parquet(made.toString());
    Files.createDirectories(folder.resolve("in"));
    try (Stream<Path> files = Files.list(made)) {
      Path part =
          files
              .filter(f -> f.getFileName().toString().startsWith("part-"))
              .findFirst()
              .orElseThrow();
      Files.copy(
          part,
          folder.resolve("in").resolve(name + ".parquet"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static Path directoryIn(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      return children.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      all.sorted(java.util.Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }

  private Job job() {
    return new Job();
  }

  /** An incremental run from in to out, with what a test wants to be different. */
  private final class Job {

    private List<String> inputs = List.of("in");
    private String output = "out";
    private ModelSpec model = ModelSpec.bundled("nano-llama");
    private Supplier<String> checkpoint = () -> null;
    private ComputeType dtype = ComputeType.AUTO;
    private int filesPerBatch = 100;
    private boolean newOutput;

    Job inputs(String... names) {
      inputs = Arrays.asList(names);
      return this;
    }

    Job output(String name) {
      output = name;
      return this;
    }

    Job model(ModelSpec value) {
      model = value;
      return this;
    }

    Job dtype(ComputeType value) {
      dtype = value;
      return this;
    }

    Job checkpoint(String name) {
      checkpoint = () -> folder.resolve(name).toString();
      return this;
    }

    Job filesPerBatch(int value) {
      filesPerBatch = value;
      return this;
    }

    Job newOutput() {
      newOutput = true;
      return this;
    }

    AnnotateOptions options() {
      return new AnnotateOptions(
          new CorpusOptions(
              inputs.stream().map(name -> folder.resolve(name).toString()).toList(),
              null,
              Map.of(),
              "text",
              null),
          new OutputOptions(
              folder.resolve(output).toString(),
              OutputFormat.PARQUET,
              WriteMode.ERROR,
              "mentions",
              null,
              false),
          List.of(model),
          EngineOptions.defaults().withDtype(dtype),
          0,
          false,
          Map.of());
    }

    IncrementalResult run() throws IOException {
      return IncrementalJob.run(
          spark, options(), new IncrementalOptions(checkpoint.get(), filesPerBatch, newOutput));
    }
  }
}
