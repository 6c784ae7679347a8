package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.Commit;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputState;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What plain runs make of an output, when all goes well and when it does not. */
class AnnotateCommitTest {

  private static final ModelSpec MODEL = ModelSpec.bundled("nano-llama");

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @BeforeEach
  void writeInput() throws IOException {
    docs("first", "a", "b", "c");
    docs("second", "d", "e");
  }

  @Test
  void filesCarryTheNameOfTheirWriterAndTheCommitNamesThem() throws IOException {
    AnnotateResult result = run("first", WriteMode.ERROR, null);
    Commit commit = log().commit(1).orElseThrow();
    assertThat(commit.operation()).isEqualTo(Commit.Operation.NEW);
    assertThat(commit.run()).isEqualTo(result.provenance());
    assertThat(commit.writer()).isEqualTo(result.provenance().run());
    assertThat(commit.added().keySet())
        .isNotEmpty()
        .allMatch(name -> name.matches("part-\\d{5}-" + commit.writer() + "-c000.*\\.parquet"))
        .containsExactlyElementsOf(dataFiles());
    for (Map.Entry<String, Long> file : commit.added().entrySet()) {
      assertThat(folder.resolve("out").resolve(file.getKey())).hasSize(file.getValue());
    }
    assertThat(names(folder.resolve("out/_tommer/writers"))).isEmpty();
    assertThat(folder.resolve("out/_SUCCESS")).exists();
    assertThat(folder.resolve("out/_temporary")).doesNotExist();
  }

  @Test
  void anAppendWhoseDriverDiedBeforeItsCommitIsRepeatedCleanly() throws IOException {
    run("first", WriteMode.ERROR, null);
    run("second", WriteMode.APPEND, null);
    Files.delete(folder.resolve("out/_tommer/commits/%020d.json".formatted(2)));
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c");

    run("second", WriteMode.APPEND, null);
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
    assertThat(dataFiles()).containsExactlyElementsOf(state().files().keySet());
  }

  @Test
  void aRunWithAnIdIsCommittedOnce() throws IOException {
    for (WriteMode mode : List.of(WriteMode.ERROR, WriteMode.APPEND, WriteMode.OVERWRITE)) {
      String input = mode == WriteMode.APPEND ? "second" : "first";
      AnnotateResult first = run(input, mode, "of " + mode);
      List<String> after = dataFiles();
      AnnotateResult again = run(input, mode, "of " + mode);
      assertThat(first.repeated()).isFalse();
      assertThat(again.repeated()).isTrue();
      assertThat(again.provenance()).isEqualTo(first.provenance());
      assertThat(again.summary()).contains("nothing to do");
      assertThat(dataFiles()).as("%s", mode).isEqualTo(after);
    }
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c");
    // Overwritten: its rows are gone, so it may come again.
    assertThat(run("second", WriteMode.APPEND, "of APPEND").repeated()).isFalse();
    assertThatThrownBy(() -> run("first", WriteMode.APPEND, "of APPEND"))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot use --run-id of APPEND: that run has been committed with the input file:.*second.jsonl \\(json\\), and now it is file:.*first.jsonl \\(json\\); .*");
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
  }

  @Test
  void filesThatNoCommitNamesAreNotAddedTo() throws IOException {
    run("first", WriteMode.ERROR, null);
    Path foreign = folder.resolve("out/part-00000-of-another-job.parquet");
    Files.writeString(foreign, "x");
    for (WriteMode mode : List.of(WriteMode.APPEND, WriteMode.OVERWRITE)) {
      assertThatThrownBy(() -> run("second", mode, null))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("it holds part-00000-of-another-job.parquet, which ");
    }
    assertThat(foreign).content().isEqualTo("x");
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void anOverwriteThatFailsLeavesTheOldDataAndAllOtherFiles() throws IOException {
    run("first", WriteMode.ERROR, null);
    Map<String, String> others =
        Map.of(
            ".git/config", "[core]",
            "_notes/keep.txt", "keep",
            "_part-00000-hidden.parquet", "hidden",
            "README.md", "about");
    for (Map.Entry<String, String> other : others.entrySet()) {
      Path file = folder.resolve("out").resolve(other.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, other.getValue());
    }
    Map<String, String> before = contents();

    Files.writeString(folder.resolve("bad.jsonl"), "{\"id\": \"x\", \"text\": \"Rome\"}\n{\"id");
    assertThatThrownBy(() -> run("bad", WriteMode.OVERWRITE, null))
        .satisfies(thrown -> assertThat(Failures.line(thrown)).contains("--fail-fast"));
    assertThat(contents()).isEqualTo(before);
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c");

    run("second", WriteMode.OVERWRITE, null);
    assertThat(committed()).containsExactlyInAnyOrder("d", "e");
    assertThat(dataFiles()).hasSize(state().files().size() + 1).contains("README.md");
    others.forEach(
        (name, content) ->
            assertThat(folder.resolve("out").resolve(name)).content().isEqualTo(content));
  }

  @Test
  void anOutputOfVersion01IsRecordedOnceAndAppendedTo() throws IOException {
    AnnotateResult first = run("first", WriteMode.ERROR, null);
    asVersion01(first.provenance());
    assertThat(CommitLog.newest(out(), hadoop()).orElseThrow().counts())
        .isEqualTo(first.provenance().counts());
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c");

    run("second", WriteMode.APPEND, null);
    assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
    assertThat(committed()).containsExactlyInAnyOrder("a", "b", "c", "d", "e");
    assertThat(log().commit(1).orElseThrow().operation()).isEqualTo(Commit.Operation.RECORD);
    assertThat(log().commit(2).orElseThrow().operation()).isEqualTo(Commit.Operation.APPEND);
    assertThat(log().runs()).hasSize(2);

    run("second", WriteMode.OVERWRITE, null);
    assertThat(ids()).containsExactlyInAnyOrder("d", "e");
    assertThat(log().runs()).hasSize(1);
    assertThat(names(folder.resolve("out/_tommer"))).containsExactly("commits", "writers");
  }

  @Test
  void anOutputOfVersion01WithFilesThatNoRunRecordedIsRefused() throws IOException {
    AnnotateResult first = run("first", WriteMode.ERROR, null);
    asVersion01(first.provenance());
    Files.copy(
        folder.resolve("out").resolve(dataFiles().get(0)),
        folder.resolve("out/part-00000-0d8f-c000.snappy.parquet"));
    assertThatThrownBy(() -> run("second", WriteMode.APPEND, null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "it holds part-00000-0d8f-c000.snappy.parquet, which no commit names");
  }

  @Test
  void namesWithGlobCharactersAreMeantLiterally() throws IOException {
    docs("report[1]", "w", "x");
    docs("report1", "y");
    AnnotateOptions first = options("report[1]", "out[1]{*}", WriteMode.ERROR, null);
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            first.corpus(), first.output(), first.models(), first.engine(), 2, true, Map.of()));
    AnnotateJob.run(spark, options("second", "out[1]{*}", WriteMode.APPEND, null));
    try (Stream<Path> files = Files.list(folder.resolve("out[1]{*}"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).isNotEmpty();
    }
    Files.move(folder.resolve("out[1]{*}"), folder.resolve("out"));
    assertThat(ids()).containsExactlyInAnyOrder("w", "x", "d", "e");
  }

  @Test
  void aGlobThatTheOutputMatchesIsRefused() throws IOException {
    AnnotateOptions options = options("first", "out", WriteMode.ERROR, null);
    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark,
                    new AnnotateOptions(
                        new CorpusOptions(
                            List.of(folder + "/*"), InputFormat.JSON, Map.of(), "text", null),
                        options.output(),
                        options.models(),
                        options.engine(),
                        0,
                        true,
                        Map.of())))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("lie inside one another");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  /** Makes an output look as version 0.1 would have left it. */
  private void asVersion01(Provenance run) throws IOException {
    Files.delete(folder.resolve("out/_tommer/commits/%020d.json".formatted(1)));
    Files.delete(folder.resolve("out/_tommer/commits"));
    Files.delete(folder.resolve("out/_tommer/writers"));
    Map<String, Long> renamed = new TreeMap<>();
    int number = 0;
    for (Map.Entry<String, Long> file : run.output().files().entrySet()) {
      String name = "part-%05d-9d2c0c8e-6d4b-4b5f-8e0f-c000.snappy.parquet".formatted(number++);
      Files.move(folder.resolve("out").resolve(file.getKey()), folder.resolve("out").resolve(name));
      Files.deleteIfExists(folder.resolve("out/." + file.getKey() + ".crc"));
      renamed.put(name, file.getValue());
    }
    Files.writeString(
        folder.resolve("out/_tommer/run-20260101T000000Z-0a0b0c0d.json"),
        Provenance.JSON.writeValueAsString(run).replace(run.run(), "20260101T000000Z-0a0b0c0d"));
    Provenance old =
        Provenance.JSON.readValue(
            Files.readString(folder.resolve("out/_tommer/run-20260101T000000Z-0a0b0c0d.json")),
            Provenance.class);
    Files.writeString(
        folder.resolve("out/_tommer/run-20260101T000000Z-0a0b0c0d.json"),
        Provenance.JSON.writeValueAsString(
            old.finished(renamed, old.counts(), old.executors(), old.seconds(), old.finished())));
  }

  private AnnotateResult run(String input, WriteMode mode, String runId) throws IOException {
    return AnnotateJob.run(spark, options(input, "out", mode, runId));
  }

  private AnnotateOptions options(String input, String output, WriteMode mode, String runId) {
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(folder.resolve(input + ".jsonl").toString()), null, Map.of(), "text", null),
        new OutputOptions(
                folder.resolve(output).toString(),
                OutputFormat.PARQUET,
                mode,
                "mentions",
                null,
                false)
            .withRunId(runId),
        List.of(MODEL),
        EngineOptions.defaults().withDtype(ComputeType.FP32),
        0,
        true,
        Map.of());
  }

  private void docs(String name, String... ids) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      lines.append(
          "{\"id\": \"%s\", \"text\": \"Marie Curie left Warsaw for Paris.\"}%n".formatted(id));
    }
    Files.writeString(folder.resolve(name + ".jsonl"), lines);
  }

  /** As any reader of the directory sees them. */
  private List<String> ids() {
    return spark
        .read()
        .parquet(folder.resolve("out").toString())
        .select("id")
        .as(Encoders.STRING())
        .collectAsList();
  }

  /** As the commits have it. */
  private List<String> committed() throws IOException {
    return spark
        .read()
        .parquet(
            state().files().keySet().stream()
                .map(name -> folder.resolve("out").resolve(name).toString())
                .toArray(String[]::new))
        .select("id")
        .as(Encoders.STRING())
        .collectAsList();
  }

  private OutputState state() throws IOException {
    return log().read();
  }

  private CommitLog log() throws IOException {
    return CommitLog.of(out(), hadoop());
  }

  private org.apache.hadoop.fs.Path out() {
    return new org.apache.hadoop.fs.Path(folder.resolve("out").toUri());
  }

  private Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }

  private List<String> dataFiles() throws IOException {
    return names(folder.resolve("out")).stream()
        .filter(name -> !name.startsWith("_") && !name.startsWith("."))
        .toList();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** Of all files in the output. */
  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder.resolve("out"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(
            folder.relativize(file).toString(),
            new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1));
      }
    }
    return contents;
  }
}
