package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.MortalFileSystem;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputState;
import io.github.tommerspark.jobs.output.WriteMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs that die before or after an operation that changes something on the disk, each repeated
 * once. Meanwhile a reader polls the commits. The long form prints the table in docs/outputs.md:
 *
 * <pre>mvn -B verify -Psoak -pl core,models,jobs -Dtest=KillMatrixTest
 *     -Dsurefire.failIfNoSpecifiedTests=false -DskipITs</pre>
 */
class KillMatrixTest {

  private static final int SHORT = 12;
  private static final int LONG = 250;

  /** What is done to an output. */
  enum Mode {
    NEW(WriteMode.ERROR),
    APPEND(WriteMode.APPEND),
    OVERWRITE(WriteMode.OVERWRITE),
    INCREMENTAL(null);

    private final WriteMode mode;

    Mode(WriteMode mode) {
      this.mode = mode;
    }

    boolean hasDataBefore() {
      return this == APPEND || this == OVERWRITE;
    }

    /** The states that readers may see, as ids in order. */
    List<String> states() {
      return switch (this) {
        case NEW -> List.of("", "cde");
        case APPEND -> List.of("ab", "abcde");
        case OVERWRITE -> List.of("ab", "cde");
        case INCREMENTAL -> List.of("", "c", "cd", "cde");
      };
    }

    String complete() {
      return states().get(states().size() - 1);
    }
  }

  private final SparkSession spark = LocalSpark.session();
  private final Configuration hadoop = spark.sparkContext().hadoopConfiguration();

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void aRunThatDiesIsMadeGoodByOneMore(Mode mode) throws Exception {
    kill(mode, mode == Mode.INCREMENTAL ? SHORT / 2 : SHORT);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("soak")
  void atAllPoints(Mode mode) throws Exception {
    kill(mode, LONG);
  }

  private void kill(Mode mode, int times) throws Exception {
    prepare();
    Path undisturbed = begin(mode, "undisturbed");
    MortalFileSystem.revive(0);
    run(mode, undisturbed);
    List<String> points = MortalFileSystem.points();
    assertThat(committed(undisturbed)).isEqualTo(mode.complete());

    List<Integer> order = new ArrayList<>(IntStream.rangeClosed(1, points.size()).boxed().toList());
    Collections.shuffle(order, new Random(mode.ordinal()));
    Map<String, Integer> seen = new TreeMap<>();
    int orphans = 0;
    int deaths = 0;
    try (Poll poll = new Poll()) {
      for (int kill = 0; kill < times; kill++) {
        int death = order.get(kill % order.size());
        String what =
            "%s, dead at point %d of %d: %s"
                .formatted(mode, death, points.size(), points.get(death - 1));
        Path output = begin(mode, "killed-" + kill);
        poll.watch(output);
        MortalFileSystem.revive(death);
        try {
          run(mode, output);
        } catch (Exception e) {
          // After the commit, it is a warning.
        }
        awaitTasks();
        // The number of operations differs a little from run to run.
        deaths += MortalFileSystem.isDead() ? 1 : 0;
        String state = committed(output);
        assertThat(state).as(what).isIn(mode.states());
        seen.merge(state, 1, Integer::sum);
        OutputState left = CommitLog.of(path(output), hadoop).read();
        orphans +=
            (int) dataFiles(output).stream().filter(f -> !left.files().containsKey(f)).count();

        MortalFileSystem.revive(0);
        run(mode, output);
        assertThat(committed(output)).as(what).isEqualTo(mode.complete());
        assertThat(read(output)).as("%s, for any reader", what).isEqualTo(mode.complete());
        assertThat(dataFiles(output))
            .as(what)
            .isEqualTo(CommitLog.of(path(output), hadoop).read().files().keySet());
        assertThat(names(output.resolve("_tommer/writers"))).as(what).isEmpty();
        assertThat(temporary(output)).as(what).isEmpty();
        poll.watch(null);
        delete(output);
      }
      assertThat(deaths).isGreaterThanOrEqualTo(times * 9 / 10);
      System.out.printf(
          Locale.ROOT,
          "| %s | Parquet | local disk | %d | %d | %s | %d | %d | 0 |%n",
          mode.toString().toLowerCase(Locale.ROOT),
          deaths,
          points.size(),
          seen.values(),
          orphans,
          poll.polls);
    }
  }

  private void prepare() throws IOException {
    docs("before/ab", "a", "b");
    docs("new/c", "c");
    docs("new/d", "d");
    docs("new/e", "e");
    AnnotateJob.run(
        spark, options("before", folder.resolve("base").toString(), WriteMode.ERROR, null));
  }

  /** An output as it is before the run. */
  private Path begin(Mode mode, String name) throws IOException {
    Path output = folder.resolve(name);
    if (mode.hasDataBefore()) {
      copy(folder.resolve("base"), output);
    }
    return output;
  }

  private void run(Mode mode, Path output) throws IOException {
    String mortal = MortalFileSystem.SCHEME + "://" + output;
    if (mode == Mode.INCREMENTAL) {
      IncrementalJob.run(
          spark,
          options("new", mortal, WriteMode.ERROR, null),
          new IncrementalOptions(null, 1, false));
    } else {
      AnnotateJob.run(spark, options("new", mortal, mode.mode, "a run"));
    }
  }

  private AnnotateOptions options(String input, String output, WriteMode mode, String runId) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(folder.resolve(input).toString()), null, Map.of(), "text", null),
        new OutputOptions(output, OutputFormat.PARQUET, mode, "mentions", null, false)
            .withRunId(runId),
        List.of(ModelSpec.bundled("nano-llama")),
        EngineOptions.defaults().withDtype(ComputeType.FP32),
        mode == WriteMode.ERROR ? 0 : 2,
        true,
        Map.of());
  }

  private void docs(String name, String... ids) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String id : ids) {
      lines.append("{\"id\": \"%s\", \"text\": \"Paris is in France.\"}%n".formatted(id));
    }
    Path file = folder.resolve(name + ".jsonl");
    Files.createDirectories(file.getParent());
    Files.writeString(file, lines);
    // The order in which incremental runs take them.
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L * ids[0].charAt(0)));
  }

  /** Tasks of a job that failed run on for a moment. */
  private void awaitTasks() throws InterruptedException {
    while (Arrays.stream(spark.sparkContext().statusTracker().getExecutorInfos())
        .anyMatch(executor -> executor.numRunningTasks() > 0)) {
      Thread.sleep(5);
    }
  }

  /** The ids that our readers see, in order; of an output that is not there, none. */
  private String committed(Path output) throws IOException {
    if (CommitLog.of(path(output), hadoop).read().files().isEmpty()) {
      return "";
    }
    return String.join(
        "",
        Corpus.open(
                spark, new CorpusOptions(List.of(output.toString()), null, Map.of(), null, null))
            .rows()
            .select("id")
            .as(Encoders.STRING())
            .collectAsList()
            .stream()
            .sorted()
            .toList());
  }

  /** The ids that any reader of the directory sees, in order. */
  private String read(Path output) {
    return String.join(
        "",
        spark
            .read()
            .parquet(output.toString())
            .select("id")
            .as(Encoders.STRING())
            .collectAsList()
            .stream()
            .sorted()
            .toList());
  }

  private static org.apache.hadoop.fs.Path path(Path output) {
    return new org.apache.hadoop.fs.Path("file://" + output);
  }

  private static Set<String> dataFiles(Path output) throws IOException {
    Set<String> names = new TreeSet<>();
    if (Files.exists(output)) {
      try (Stream<Path> files = Files.walk(output)) {
        files
            .filter(Files::isRegularFile)
            .map(file -> output.relativize(file).toString())
            .filter(name -> Stream.of(name.split("/")).noneMatch(part -> part.matches("[._].*")))
            .forEach(names::add);
      }
    }
    return names;
  }

  /** What committers and commits have left; an empty folder for all may stay. */
  private static List<Path> temporary(Path output) throws IOException {
    try (Stream<Path> files = Files.walk(output)) {
      return files
          .filter(
              file ->
                  file.getParent().getFileName().toString().equals("_temporary")
                      || file.getParent().endsWith("commits")
                          && file.getFileName().toString().endsWith(".tmp"))
          .toList();
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
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

  /** Looks again and again whether all files are there that the commits name. */
  private final class Poll implements AutoCloseable {

    private final AtomicBoolean done = new AtomicBoolean();
    private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread = new Thread(this::run, "poll");
    private volatile int polls;
    private Path output;

    Poll() {
      thread.start();
    }

    synchronized void watch(Path watched) {
      output = watched;
    }

    private void run() {
      while (!done.get()) {
        try {
          look();
          Thread.sleep(1);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    private synchronized void look() throws IOException {
      if (output == null) {
        return;
      }
      CommitLog log = CommitLog.of(path(output), hadoop);
      OutputState state = log.read();
      for (Map.Entry<String, Long> file : state.files().entrySet()) {
        Path there = output.resolve(file.getKey());
        boolean whole = Files.exists(there) && Files.size(there) == file.getValue();
        // Replaced since: a later commit says so.
        if (!whole && log.read().number() == state.number()) {
          wrong.add(file.getKey() + " of commit " + state.number());
        }
      }
      polls++;
    }

    @Override
    public void close() throws InterruptedException {
      done.set(true);
      thread.join();
      assertThat(wrong).isEmpty();
      assertThat(polls).isPositive();
    }
  }
}
