package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints that were deleted, rolled back, copied, or are those of others: each is a no-op, a
 * correct continuation or a refusal, and never a row twice or none.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IncrementalCheckpointTest {

  /** Batches that were written, a file each. */
  private static final int BATCHES = 4;

  private final SparkSession spark = LocalSpark.session();

  @TempDir private static Path folder;
  private Path out;
  private Path checkpoint;

  @BeforeAll
  void writeBatches() throws IOException {
    out = folder.resolve("out");
    checkpoint = out.resolve("_tommer/checkpoint");
    for (int batch = 0; batch < BATCHES; batch++) {
      doc(batch);
      run("in", "out", 1, false);
      copy(checkpoint, folder.resolve("after-" + batch));
    }
    copy(out, folder.resolve("saved"));
  }

  @BeforeEach
  void restore() throws IOException {
    delete(out);
    copy(folder.resolve("saved"), out);
    delete(folder.resolve("in"));
    for (int batch = 0; batch < BATCHES; batch++) {
      doc(batch);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void rolledBackWithoutNewFilesNothingIsDone(int batches) throws IOException {
    rollBack(batches);
    assertThat(run("in", "out", 1, false).batches()).isEmpty();
    assertThat(ids()).containsExactly("0", "1", "2", "3");
    assertThat(run("in", "out", 1, false).batches()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void rolledBackWithANewFileItAloneIsAdded(int batches) throws IOException {
    rollBack(batches);
    doc(BATCHES);
    assertThat(run("in", "out", 1, false).batches()).hasSize(1);
    assertThat(ids()).containsExactly("0", "1", "2", "3", "4");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void rolledBackSoThatABatchWouldHaveOtherFilesItIsRefused(int batches) throws IOException {
    rollBack(batches);
    doc(BATCHES);
    assertRefused(
        "in",
        10,
        "Cannot add batch %d to .*: it is in the output with file:.*/%d.jsonl, and the checkpoint .* has file:.*/%d.jsonl, .* for it; .*"
            .formatted(BATCHES - batches, BATCHES - batches, BATCHES - batches));
    assertThat(ids()).containsExactly("0", "1", "2", "3");
  }

  @Test
  void rolledBackAndAnOldFileRemovedNothingIsDone() throws IOException {
    rollBack(1);
    Files.delete(folder.resolve("in/3.jsonl"));
    assertThat(run("in", "out", 1, false).batches()).isEmpty();
    assertThat(ids()).containsExactly("0", "1", "2", "3");
  }

  @Test
  void withoutTheLastCommitOfSparkNothingIsDone() throws IOException {
    Path commits = series(checkpoint).resolve("commits");
    Files.delete(commits.resolve("3"));
    Files.deleteIfExists(commits.resolve(".3.crc"));
    assertThat(run("in", "out", 1, false).batches()).isEmpty();
    assertThat(ids()).containsExactly("0", "1", "2", "3");
  }

  @Test
  void deletedItIsRefused() throws IOException {
    delete(checkpoint);
    assertRefused("in", 1, "Cannot add to .*: it holds data, but the checkpoint .* is new, .*");
  }

  @Test
  void emptiedItIsRefused() throws IOException {
    delete(series(checkpoint));
    assertRefused("in", 1, "Cannot add to .*: it holds data, but the checkpoint .* is empty; .*");
  }

  @Test
  void deletedAnotherSeriesCanBegin() throws IOException {
    delete(checkpoint);
    assertThat(run("in", "out", 10, true).batches()).hasSize(1);
    assertThat(ids()).containsExactly("0", "0", "1", "1", "2", "2", "3", "3");
  }

  @Test
  void copiedToAnotherOutputItIsRefused() throws IOException {
    copy(checkpoint, folder.resolve("other/_tommer/checkpoint"));
    assertThatThrownBy(() -> run("in", "other", 1, false))
        .satisfies(
            thrown ->
                assertThat(Failures.line(thrown))
                    .matches(".*the checkpoint .* belongs to the output .*/out; .*"));
  }

  @Test
  void thatOfAnotherOutputIsRefused() throws IOException {
    Files.createDirectories(folder.resolve("elsewhere"));
    Files.writeString(folder.resolve("elsewhere/x.jsonl"), line("x"));
    run("elsewhere", "third", 1, false);
    delete(checkpoint);
    copy(folder.resolve("third/_tommer/checkpoint"), checkpoint);
    assertRefused("in", 1, ".*the checkpoint .* belongs to the output .*/third; .*");
    delete(folder.resolve("third"));
  }

  @Test
  void forAnotherInputItIsRefused() throws IOException {
    assertRefused("after-0", 1, ".*--input is .*/in there and .*/after-0 now; .*");
  }

  @Test
  void aheadOfTheOutputItIsRefused() throws IOException {
    Path commit = out.resolve("_tommer/commits/%020d.json".formatted(BATCHES));
    Files.delete(commit);
    assertRefused(
        "in", 1, ".*says that batch 3 was written, but the last one is batch 2 in .*/run=0001-.*");
  }

  @Test
  void thatOfAnOlderSeriesIsRefused() throws IOException {
    Path older = folder.resolve("older");
    copy(checkpoint, older);
    run("in", "out", 10, true);
    delete(checkpoint);
    copy(older, checkpoint);
    delete(older);
    assertRefused("in", 1, ".*it holds the series 0002-.*, and the newest that the checkpoint .*");
  }

  private void assertRefused(String input, int filesPerBatch, String message) {
    List<String> before = ids();
    assertThatThrownBy(() -> run(input, "out", filesPerBatch, false))
        .satisfies(
            thrown -> assertThat(Failures.line(thrown)).matches("(tommer-spark: )?" + message));
    assertThat(ids()).isEqualTo(before);
  }

  private void rollBack(int batches) throws IOException {
    delete(checkpoint);
    copy(folder.resolve("after-" + (BATCHES - 1 - batches)), checkpoint);
  }

  private static Path series(Path checkpoint) throws IOException {
    try (Stream<Path> children = Files.list(checkpoint)) {
      return children.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  private IncrementalResult run(String input, String output, int filesPerBatch, boolean newOutput)
      throws IOException {
    return IncrementalJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve(input).toString()), null, Map.of(), "text", null),
            new OutputOptions(
                folder.resolve(output).toString(),
                OutputFormat.PARQUET,
                WriteMode.ERROR,
                "mentions",
                null,
                false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            0,
            false,
            Map.of()),
        new IncrementalOptions(null, filesPerBatch, newOutput));
  }

  /** In order. */
  private List<String> ids() {
    return spark
        .read()
        .parquet(out.toString())
        .select("id")
        .as(Encoders.STRING())
        .collectAsList()
        .stream()
        .sorted()
        .toList();
  }

  /** Files are taken in the order of their times. */
  private void doc(int number) throws IOException {
    Path file = folder.resolve("in").resolve(number + ".jsonl");
    Files.createDirectories(file.getParent());
    Files.writeString(file, line(Integer.toString(number)));
    Files.setLastModifiedTime(
        file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z").plusSeconds(number)));
  }

  private static String line(String id) {
    return "{\"id\": \"%s\", \"text\": \"Paris is in France.\"}%n".formatted(id);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        if (!file.equals(from)) {
          Files.copy(
              file,
              to.resolve(from.relativize(file).toString()),
              StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path file : all.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
