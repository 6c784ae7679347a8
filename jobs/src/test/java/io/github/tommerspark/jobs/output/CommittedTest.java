package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.dataset.AnnotatedDataset;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What readers of ours take for an output. */
class CommittedTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(names = {"PARQUET", "JSON", "ORC"})
  void whatNoCommitNamesIsNotRead(OutputFormat format) throws IOException {
    write(format, WriteMode.ERROR, "a", "b");
    try (OutputWriter writer = begin(WriteMode.APPEND)) {
      writer.write(rows("c"), format, "");
      assertThat(ids("out")).containsExactlyInAnyOrder("a", "b");
    }
    write(format, WriteMode.APPEND, "d");
    // A run that died.
    Files.delete(folder.resolve("out/_tommer/commits/%020d.json".formatted(2)));
    assertThat(spark.read().format(format.label()).load(out()).count()).isEqualTo(3);
    assertThat(ids("out")).containsExactlyInAnyOrder("a", "b");
    assertThat(ids("out/*." + (format == OutputFormat.JSON ? "json" : format.label())))
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void filesOfOthersAreInNobodysWay() throws IOException {
    write(OutputFormat.PARQUET, WriteMode.ERROR, "a");
    // Sorts before the data, so that Spark would learn the columns from it.
    Files.writeString(folder.resolve("out/README.md"), "about");
    assertThat(ids("out")).containsExactly("a");
    assertThat(ids("out/*.parquet")).containsExactly("a");
    write(OutputFormat.PARQUET, WriteMode.APPEND, "b");
    assertThat(AnnotatedDataset.open(spark, List.of(out()), null).rows().count()).isEqualTo(2);
  }

  @Test
  void otherDirectoriesAreReadAsTheyAre() throws IOException {
    write(OutputFormat.PARQUET, WriteMode.ERROR, "a");
    rows("x").write().parquet(folder.resolve("other").toString());
    assertThat(ids("out", "other")).containsExactlyInAnyOrder("a", "x");
  }

  @Test
  void aFileThatIsMissingIsNamed() throws IOException {
    Commit commit = write(OutputFormat.PARQUET, WriteMode.ERROR, "a");
    String name = commit.added().keySet().iterator().next();
    Files.delete(folder.resolve("out").resolve(name));
    write("out/kept.parquet");
    assertThatThrownBy(() -> ids("out"))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot read file:.*/out: commit 1 names " + name + ", which is not there; restore .*");
  }

  @Test
  void batchesAreReadWithTheirNumbers() throws IOException {
    OutputDirectory output = OutputDirectory.openIncremental(out(), new Configuration());
    try (OutputWriter writer = output.begin()) {
      for (int batch = 0; batch < 3; batch++) {
        String directory = "run=0001-0a0b0c0d/batch=" + batch;
        Map<String, Long> files = writer.write(rows("id" + batch), OutputFormat.PARQUET, directory);
        if (batch < 2) {
          writer.commitBatch(Runs.of(out(), files), "0001-0a0b0c0d", batch);
        }
      }
      assertThat(ids("out")).containsExactlyInAnyOrder("id0", "id1");
      assertThat(ids("out/run=0001-0a0b0c0d/batch=1")).containsExactly("id1");
      assertThat(open("out").rows().where("batch = 1").count()).isEqualTo(1);
    }
  }

  private Commit write(OutputFormat format, WriteMode mode, String... ids) throws IOException {
    try (OutputWriter writer = begin(mode)) {
      Map<String, Long> files = writer.write(rows(ids), format, "");
      return writer.commit(Runs.of(out(), files), null);
    }
  }

  private OutputWriter begin(WriteMode mode) throws IOException {
    return OutputDirectory.open(out(), mode, null, new Configuration()).begin();
  }

  private org.apache.spark.sql.Dataset<org.apache.spark.sql.Row> rows(String... ids) {
    return spark.createDataset(List.of(ids), Encoders.STRING()).toDF("id");
  }

  private List<String> ids(String... names) {
    return open(names).rows().select("id").as(Encoders.STRING()).collectAsList();
  }

  private Corpus open(String... names) {
    return Corpus.open(
        spark,
        new CorpusOptions(
            List.of(names).stream().map(name -> folder.resolve(name).toString()).toList(),
            null,
            Map.of(),
            null,
            null));
  }

  private void write(String name) throws IOException {
    spark.range(1).selectExpr("'kept' id").write().parquet(folder.resolve("kept").toString());
    try (java.util.stream.Stream<Path> files = Files.list(folder.resolve("kept"))) {
      Files.copy(
          files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow(),
          folder.resolve(name));
    }
  }

  private String out() {
    return folder.resolve("out").toString();
  }

  /** Provenance without models. */
  static final class Runs {

    private Runs() {}

    static Provenance of(String output, Map<String, Long> files) {
      return new Provenance(
          "tommer-spark",
          "0.1.0",
          "test",
          "2026-01-01T00:00:00Z",
          "2026-01-01T00:00:01Z",
          Map.of(),
          new Provenance.Input(List.of(), "json", "text", "id"),
          new Provenance.Output(output, "parquet", Map.of(), files),
          List.of(),
          null,
          Map.of(),
          1);
    }
  }
}
