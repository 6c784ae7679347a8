package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.columns.ColumnNames;
import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.TableJars;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.table.TableInput;
import io.github.tommerspark.message.Failures;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs that write to tables of Iceberg and Delta, by name and by directory. */
class AnnotateTableTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  /** Where a table is, and of what format. */
  enum Place {
    ICEBERG_CATALOG(OutputFormat.ICEBERG),
    ICEBERG_DIRECTORY(OutputFormat.ICEBERG),
    DELTA_CATALOG(OutputFormat.DELTA),
    DELTA_DIRECTORY(OutputFormat.DELTA);

    private final OutputFormat format;

    Place(OutputFormat format) {
      this.format = format;
    }

    boolean isDelta() {
      return format == OutputFormat.DELTA;
    }
  }

  @BeforeEach
  void writeInput() throws IOException {
    TableJars.assume();
    docs("first", "a", "b", "c");
    docs("second", "d", "e");
    docs("third", "f");
    // For tables of any size, its default is fifty tasks to read a log of one line.
    spark.conf().set("spark.databricks.delta.snapshotPartitions", "2");
    spark.conf().set("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog");
    spark.conf().set("spark.sql.catalog.lake.type", "hadoop");
    spark.conf().set("spark.sql.catalog.lake.warehouse", folder.getParent().toString());
  }

  @ParameterizedTest
  @EnumSource
  void aRunIsInTheTableOnceInEachMode(Place place) throws IOException {
    String table = table(place);
    AnnotateResult made = run(place, table, "first", WriteMode.ERROR, "1");
    assertThat(made.provenance().counts().rowsWritten()).isEqualTo(3);
    assertThat(made.provenance().counts().tokens()).isNotNull();
    assertThat(made.summary()).contains("rows written        3", "(" + place.format.label() + ")");
    assertThat(ids(table)).isEqualTo("abc");
    assertThat(run(place, table, "first", WriteMode.ERROR, "1").repeated()).isTrue();
    assertThatThrownBy(() -> run(place, table, "second", WriteMode.ERROR, "2"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the table is there already; name another, or say --mode overwrite");

    run(place, table, "second", WriteMode.APPEND, "2");
    AnnotateResult again = run(place, table, "second", WriteMode.APPEND, "2");
    assertThat(again.repeated()).isTrue();
    assertThat(again.summary()).contains("this run is in the output").doesNotContain("rows in");
    assertThat(ids(table)).isEqualTo("abcde");
    assertThatThrownBy(() -> run(place, table, "third", WriteMode.APPEND, "2"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Cannot use --run-id 2: that run has been committed with the input");
    // Without an id it may be meant.
    run(place, table, "third", WriteMode.APPEND, null);
    run(place, table, "third", WriteMode.APPEND, null);
    assertThat(ids(table)).isEqualTo("abcdeff");

    TableInput before = input(table, Map.of());
    assertThat(before.runs()).hasSize(4).allMatch(run -> run.counts() == null);
    assertThat(before.runs().get(0).models().get(0).column()).isEqualTo("mentions");
    run(place, table, "second", WriteMode.OVERWRITE, "3");
    assertThat(ids(table)).isEqualTo("de");
    assertThat(run(place, table, "second", WriteMode.OVERWRITE, "3").repeated()).isTrue();
    assertThat(input(table, Map.of()).runs()).hasSize(1);
    // What was opened before is of its snapshot.
    assertThat(before.rows().count()).isEqualTo(7);

    if (place.isDelta()) {
      // Delta remembers transactions whose rows are gone.
      assertThatThrownBy(() -> run(place, table, "second", WriteMode.APPEND, "2"))
          .isInstanceOf(UserException.class)
          .hasMessageMatching("Nothing was added to .*: it remembers the run 2 as done, .*");
      assertThat(ids(table)).isEqualTo("de");
    } else {
      run(place, table, "second", WriteMode.APPEND, "2");
      assertThat(ids(table)).isEqualTo("ddee");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatFailsLeavesTheTableAsItWas(Place place) throws IOException {
    String table = table(place);
    Files.writeString(folder.resolve("bad.jsonl"), "{\"id\": \"x\", \"text\": \"Rome\"}\n{\"id");
    assertThatThrownBy(() -> run(place, table, "bad", WriteMode.ERROR, "1"))
        .satisfies(thrown -> assertThat(Failures.line(thrown)).contains("--fail-fast"));
    run(place, table, "first", WriteMode.ERROR, "1");
    for (WriteMode mode : List.of(WriteMode.APPEND, WriteMode.OVERWRITE)) {
      assertThatThrownBy(() -> run(place, table, "bad", mode, "2"))
          .satisfies(thrown -> assertThat(Failures.line(thrown)).contains("--fail-fast"));
      assertThat(ids(table)).isEqualTo("abc");
    }
    run(place, table, "second", WriteMode.APPEND, "2");
    assertThat(ids(table)).isEqualTo("abcde");
  }

  @ParameterizedTest
  @EnumSource
  void whatDoesNotFitIsRefusedBeforeAnyWork(Place place) throws Exception {
    String table = table(place);
    run(place, table, "first", WriteMode.ERROR, null);
    AnnotateOptions other =
        options(table, place.format, "second", WriteMode.APPEND, null, "mentions", "bge-small");
    assertThatThrownBy(() -> AnnotateJob.run(spark, other))
        .isInstanceOf(UserException.class)
        .hasMessageMatching("Cannot append to .*: model fingerprint of bge-small is .*");
    AnnotateOptions otherColumn =
        options(table, place.format, "second", WriteMode.OVERWRITE, null, "found", "nano-llama");
    assertThatThrownBy(() -> AnnotateJob.run(spark, otherColumn))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot write to .*: its column found is absent there and array<.*> now; .*ALTER TABLE.*");
    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark,
                    options(
                        table,
                        place.isDelta() ? OutputFormat.ICEBERG : OutputFormat.DELTA,
                        "second",
                        WriteMode.APPEND,
                        null,
                        "mentions",
                        "nano-llama")))
        .isInstanceOf(UserException.class);
    assertThat(ids(table)).isEqualTo("abc");

    String foreign = table(place) + "_foreign";
    spark.range(3).writeTo(sql(place, foreign)).using(place.format.label()).create();
    for (WriteMode mode : List.of(WriteMode.APPEND, WriteMode.OVERWRITE)) {
      assertThatThrownBy(() -> run(place, foreign, "first", mode, null))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("it holds rows, and nothing tells that annotate has written them");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTableIsAnInputAlsoAtASnapshot(Place place) throws IOException {
    String table = table(place);
    run(place, table, "first", WriteMode.ERROR, null);
    String snapshot = version(place, table);
    run(place, table, "second", WriteMode.APPEND, null);
    String option = place.isDelta() ? "versionAsOf" : "snapshot-id";
    Corpus now = corpus(table, Map.of());
    assertThat(now.format()).isEqualTo(InputFormat.TABLE);
    assertThat(now.rows().count()).isEqualTo(5);
    assertThat(now.textColumn()).isEqualTo("text");
    assertThat(corpus(table, Map.of(option, snapshot)).rows().count()).isEqualTo(3);
    assertThat(input(table, Map.of(option, snapshot)).runs()).hasSize(1);
    assertThatThrownBy(
            () -> corpus(table, Map.of(place.isDelta() ? "snapshot-id" : "versionAsOf", "1")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it is a table of " + place.format.label());

    // From one table into another.
    String copy = table(place) + "_copy";
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(List.of(table), null, Map.of(option, snapshot), "text", null),
            new OutputOptions(
                copy, place.format, WriteMode.ERROR, "again", List.of("id", "text"), false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            0,
            true,
            Map.of()));
    assertThat(ids(copy)).isEqualTo("abc");
    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark,
                    new AnnotateOptions(
                        new CorpusOptions(List.of(table), null, Map.of(), "text", null),
                        options(
                                table,
                                place.format,
                                "first",
                                WriteMode.OVERWRITE,
                                null,
                                "mentions",
                                "nano-llama")
                            .output(),
                        List.of(ModelSpec.bundled("nano-llama")),
                        EngineOptions.defaults().withDtype(ComputeType.FP32),
                        0,
                        true,
                        Map.of())))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(
            () ->
                Corpus.open(
                    spark, new CorpusOptions(List.of(table, table), null, Map.of(), "text", null)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("a table is read alone");
  }

  @ParameterizedTest
  @EnumSource
  void batchesAreInTheTableOnce(Place place) throws IOException {
    String table = table(place);
    String checkpoint = folder.resolve("checkpoint").toString();
    docs("in/1", "a");
    docs("in/2", "b");
    assertThat(incremental(place, table, checkpoint).batches()).hasSize(2);
    assertThat(ids(table)).isEqualTo("ab");
    assertThat(incremental(place, table, checkpoint).batches()).isEmpty();

    // A driver that was killed after the commit of the table and before that of the checkpoint.
    Path commits = series(checkpoint).resolve("commits");
    Files.delete(commits.resolve("1"));
    Files.deleteIfExists(commits.resolve(".1.crc"));
    assertThat(incremental(place, table, checkpoint).batches()).isEmpty();
    assertThat(ids(table)).isEqualTo("ab");

    docs("in/3", "c");
    assertThat(incremental(place, table, checkpoint).batches()).hasSize(1);
    assertThat(ids(table)).isEqualTo("abc");
    assertThatThrownBy(
            () -> incremental(place, table, folder.resolve("another checkpoint").toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds data, but the checkpoint");
    assertThatThrownBy(() -> run(place, table, "first", WriteMode.APPEND, null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it belongs to incremental runs");
  }

  @Test
  void aTableThatCannotBeIsRefused() {
    assertThatThrownBy(
            () ->
                AnnotateJob.run(
                    spark,
                    options(
                        "table:lake.db.none",
                        null,
                        "first",
                        WriteMode.ERROR,
                        null,
                        "m",
                        "nano-llama")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there is no such table yet; to create it, give --output-format");
    assertThatThrownBy(() -> corpus("table:lake.db.none", Map.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Spark knows no table of that name");
  }

  private IncrementalResult incremental(Place place, String table, String checkpoint)
      throws IOException {
    return IncrementalJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve("in").toString()), null, Map.of(), "text", null),
            new OutputOptions(table, place.format, WriteMode.ERROR, "mentions", null, false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            0,
            true,
            Map.of()),
        new IncrementalOptions(checkpoint, 1, false));
  }

  private static Path series(String checkpoint) throws IOException {
    try (Stream<Path> all = Files.list(Path.of(checkpoint))) {
      return all.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  private AnnotateResult run(Place place, String table, String input, WriteMode mode, String runId)
      throws IOException {
    return AnnotateJob.run(
        spark, options(table, place.format, input, mode, runId, "mentions", "nano-llama"));
  }

  private AnnotateOptions options(
      String table,
      OutputFormat format,
      String input,
      WriteMode mode,
      String runId,
      String column,
      String model) {
    return new AnnotateOptions(
        new CorpusOptions(
            List.of(folder.resolve(input + ".jsonl").toString()), null, Map.of(), "text", null),
        new OutputOptions(table, format, mode, column, null, false).withRunId(runId),
        List.of(ModelSpec.bundled(model)),
        EngineOptions.defaults().withDtype(ComputeType.FP32),
        0,
        true,
        Map.of());
  }

  /** A table that is not there yet. */
  private String table(Place place) {
    return switch (place) {
      case ICEBERG_CATALOG ->
          "table:lake.%s.mentions".formatted(ColumnNames.quoted(folder.getFileName().toString()));
      case DELTA_CATALOG -> {
        String database = "d" + Integer.toHexString(folder.hashCode());
        spark.sql(
            "CREATE DATABASE IF NOT EXISTS %s LOCATION '%s'"
                .formatted(database, folder.resolve("database")));
        yield "table:spark_catalog.%s.mentions".formatted(database);
      }
      case ICEBERG_DIRECTORY, DELTA_DIRECTORY -> folder.resolve("a table [1] é").toString();
    };
  }

  private static String sql(Place place, String table) {
    return switch (place) {
      case ICEBERG_CATALOG, DELTA_CATALOG -> table.substring("table:".length());
      case DELTA_DIRECTORY -> "delta." + ColumnNames.quoted(table);
      case ICEBERG_DIRECTORY -> {
        Path path = Path.of(table);
        yield "lake.%s.%s"
            .formatted(
                ColumnNames.quoted(path.getParent().getFileName().toString()),
                ColumnNames.quoted(path.getFileName().toString()));
      }
    };
  }

  private String version(Place place, String table) {
    Row newest =
        place.isDelta()
            ? spark
                .sql("DESCRIBE HISTORY " + sql(place, table))
                .where("userMetadata IS NOT NULL")
                .orderBy("version")
                .first()
            : spark.table(sql(place, table) + ".snapshots").select("snapshot_id").first();
    return Long.toString(newest.getLong(0));
  }

  private Corpus corpus(String table, Map<String, String> options) {
    return Corpus.open(spark, new CorpusOptions(List.of(table), null, options, "text", null));
  }

  private TableInput input(String table, Map<String, String> options) {
    return TableInput.find(spark, List.of(table), options).orElseThrow();
  }

  /** The ids in order. */
  private String ids(String table) {
    return String.join(
        "",
        corpus(table, Map.of()).rows().select("id").as(Encoders.STRING()).collectAsList().stream()
            .sorted()
            .toList());
  }

  private void docs(String name, String... ids) throws IOException {
    Set<String> lines = new TreeSet<>();
    for (String id : ids) {
      lines.add("{\"id\": \"%s\", \"text\": \"Paris is in France.\"}".formatted(id));
    }
    Path file = folder.resolve(name + ".jsonl");
    Files.createDirectories(file.getParent());
    Files.write(file, lines);
  }
}
