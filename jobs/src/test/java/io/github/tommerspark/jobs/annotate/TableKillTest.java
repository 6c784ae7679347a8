package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.MortalFileSystem;
import io.github.tommerspark.jobs.TableJars;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.table.TableInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs into tables of Iceberg that die before or after an operation that changes something on the
 * disk, each repeated once under its id. The long form prints a table:
 *
 * <pre>mvn -B verify -Psoak -pl core,models,jobs -Dtest=TableKillTest
 *     -Dsurefire.failIfNoSpecifiedTests=false -DskipITs</pre>
 */
class TableKillTest {

  private static final int SHORT = 3;
  private static final int LONG = 100;

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @BeforeEach
  void prepare() throws IOException {
    TableJars.assume();
    docs("before", "a", "b");
    docs("new", "c", "d");
  }

  @ParameterizedTest
  @CsvSource({"ICEBERG, ERROR", "ICEBERG, APPEND", "ICEBERG, OVERWRITE"})
  void aRunThatDiesIsMadeGoodByOneMore(OutputFormat format, WriteMode mode) throws Exception {
    kill(format, mode, SHORT);
  }

  @ParameterizedTest
  @CsvSource({"ICEBERG, ERROR", "ICEBERG, APPEND", "ICEBERG, OVERWRITE"})
  @Tag("soak")
  void atAllPoints(OutputFormat format, WriteMode mode) throws Exception {
    kill(format, mode, LONG);
  }

  private void kill(OutputFormat format, WriteMode mode, int times) throws Exception {
    String before = mode == WriteMode.ERROR ? "" : "ab";
    String after = mode == WriteMode.APPEND ? "abcd" : "cd";
    String undisturbed = begin(format, mode, "undisturbed");
    MortalFileSystem.revive(0);
    run(format, undisturbed, "new", mode, "new");
    List<String> points = MortalFileSystem.points();
    assertThat(ids(undisturbed)).isEqualTo(after);

    List<Integer> order = new ArrayList<>(IntStream.rangeClosed(1, points.size()).boxed().toList());
    Collections.shuffle(order, new Random(mode.ordinal()));
    Map<String, Integer> seen = new TreeMap<>();
    int deaths = 0;
    for (int kill = 0; kill < times; kill++) {
      int death = order.get(kill % order.size());
      String what =
          "%s of %s, dead at point %d of %d: %s"
              .formatted(mode, format, death, points.size(), points.get(death - 1));
      String table = begin(format, mode, "killed-" + kill);
      MortalFileSystem.revive(death);
      try {
        run(format, table, "new", mode, "new");
      } catch (Exception e) {
        // After the commit, it is a warning.
      }
      awaitTasks();
      deaths += MortalFileSystem.isDead() ? 1 : 0;
      MortalFileSystem.revive(0);
      String state = ids(table);
      assertThat(state).as(what).isIn(before, after);
      seen.merge(state, 1, Integer::sum);
      run(format, table, "new", mode, "new");
      assertThat(ids(table)).as(what).isEqualTo(after);
    }
    assertThat(deaths).isGreaterThanOrEqualTo(times * 2 / 3);
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | local disk | %d | %d | %s | 0 |%n",
        mode.toString().toLowerCase(Locale.ROOT),
        format.label(),
        deaths,
        points.size(),
        seen);
  }

  /** A table as it is before the run. */
  private String begin(OutputFormat format, WriteMode mode, String name) throws IOException {
    MortalFileSystem.revive(0);
    String table = MortalFileSystem.SCHEME + "://" + folder.resolve(name);
    if (mode != WriteMode.ERROR) {
      run(format, table, "before", WriteMode.ERROR, "before");
    }
    return table;
  }

  private void run(OutputFormat format, String table, String input, WriteMode mode, String runId)
      throws IOException {
    AnnotateJob.run(
        spark,
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve(input + ".jsonl").toString()), null, Map.of(), "text", null),
            new OutputOptions(table, format, mode, "mentions", null, false).withRunId(runId),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            0,
            true,
            Map.of()));
  }

  /** Tasks of a job that failed run on for a moment. */
  private void awaitTasks() throws InterruptedException {
    while (Arrays.stream(spark.sparkContext().statusTracker().getExecutorInfos())
        .anyMatch(executor -> executor.numRunningTasks() > 0)) {
      Thread.sleep(5);
    }
  }

  /** The ids in order; of a table that is not there, none. */
  private String ids(String table) {
    if (!TableInput.is(spark, table)) {
      return "";
    }
    return String.join(
        "",
        Corpus.open(spark, new CorpusOptions(List.of(table), null, Map.of(), null, null))
            .rows()
            .select("id")
            .as(Encoders.STRING())
            .collectAsList()
            .stream()
            .sorted()
            .toList());
  }

  private void docs(String name, String... ids) throws IOException {
    List<String> lines =
        Arrays.stream(ids)
            .map("{\"id\": \"%s\", \"text\": \"Paris is in France.\"}"::formatted)
            .toList();
    Files.write(folder.resolve(name + ".jsonl"), lines);
  }
}
