package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.message.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/**
 * Pairs of runs that start at the same moment. The output must be as if those that succeeded had
 * run one after the other and those that failed had not run; each failure is one line.
 */
final class Races implements AutoCloseable {

  /** The modes of a run, of which {@link #INCREMENTAL} is none of {@link WriteMode}. */
  enum Mode {
    NEW(WriteMode.ERROR),
    APPEND(WriteMode.APPEND),
    OVERWRITE(WriteMode.OVERWRITE),
    INCREMENTAL(null);

    private final WriteMode mode;

    Mode(WriteMode mode) {
      this.mode = mode;
    }

    /** The ids after a run of this mode; empty if it would have been refused. */
    Optional<String> after(String before, String added) {
      return switch (this) {
        case NEW, INCREMENTAL -> before.isEmpty() ? Optional.of(added) : Optional.empty();
        case APPEND -> Optional.of(inOrder(List.of((before + added).split(""))));
        case OVERWRITE -> Optional.of(added);
      };
    }
  }

  /**
   * The outcome of many races of a pair.
   *
   * @param one races that one run has won
   * @param both races in which both succeeded
   * @param none races in which each gave way to the other
   */
  record Outcome(String pair, String store, int races, int one, int both, int none) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "| %s | %s | %d | %d | %d | %d | 0 |", pair, store, races, one, both, none);
    }
  }

  private static final String BEFORE = "0";
  private static final List<String> ADDED = List.of("abc", "de");

  private final SparkSession spark;
  private final Path folder;
  private final KillMatrix.Store store;
  private final FileSystem fs;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  /**
   * Writes what is to be read.
   *
   * @param folder on the local disk, for the input
   */
  Races(SparkSession spark, Path folder, KillMatrix.Store store) throws IOException {
    this.spark = spark;
    this.folder = folder;
    this.store = store;
    this.fs = store.fs();
    for (String ids : List.of(BEFORE, ADDED.get(0), ADDED.get(1))) {
      Files.createDirectories(folder.resolve("racing-" + ids));
      Files.writeString(
          folder.resolve("racing-" + ids).resolve("docs.jsonl"),
          String.join(
              "",
              Arrays.stream(ids.split(""))
                  .map("{\"id\": \"%s\", \"text\": \"Paris is in France.\"}%n"::formatted)
                  .toList()));
    }
  }

  /** Lets two runs race, again and again. */
  Outcome race(Mode one, Mode other, int times) throws Exception {
    List<Mode> modes = List.of(one, other);
    boolean begun = modes.stream().allMatch(mode -> mode == Mode.APPEND || mode == Mode.OVERWRITE);
    int both = 0;
    int none = 0;
    for (int i = 0; i < times; i++) {
      String name = String.format(Locale.ROOT, "%s-%s-%d", one, other, i);
      if (begun) {
        run(spark, Mode.NEW, BEFORE, name);
      }
      CyclicBarrier start = new CyclicBarrier(2);
      List<Future<String>> runs = new ArrayList<>();
      for (int r = 0; r < 2; r++) {
        Mode mode = modes.get(r);
        String added = ADDED.get(r);
        Callable<String> run =
            () -> {
              start.await();
              try {
                run(spark.newSession(), mode, added, name);
                return null;
              } catch (Exception e) {
                return Failures.line(e);
              }
            };
        runs.add(threads.submit(run));
      }
      String first = runs.get(0).get();
      String second = runs.get(1).get();
      String what = name + ": " + first + ", " + second;
      List<String> possible = possible(modes, begun ? BEFORE : "", first, second);
      assertThat(read(name)).as(what).isIn(possible);
      for (String failure : Arrays.asList(first, second)) {
        assertThat(
                failure == null
                    || failure.matches("(tommer-spark: )?Cannot (write|add|append) to .*"))
            .as(what)
            .isTrue();
      }
      assertNothingLeft(what, name);
      both += first == null && second == null ? 1 : 0;
      none += first != null && second != null ? 1 : 0;
      fs.delete(store.path(name), true);
    }
    return new Outcome(
        (one + ", " + other).toLowerCase(Locale.ROOT),
        store.label(),
        times,
        times - both - none,
        both,
        none);
  }

  /** The states that those who succeeded can have led to, one after the other. */
  private static List<String> possible(
      List<Mode> modes, String before, String first, String second) {
    if (first != null && second != null) {
      return List.of(before);
    } else if (first != null) {
      return modes.get(1).after(before, ADDED.get(1)).stream().toList();
    } else if (second != null) {
      return modes.get(0).after(before, ADDED.get(0)).stream().toList();
    }
    List<String> possible = new ArrayList<>();
    for (int r = 0; r < 2; r++) {
      int then = 1 - r;
      modes
          .get(r)
          .after(before, ADDED.get(r))
          .flatMap(state -> modes.get(then).after(state, ADDED.get(then)))
          .ifPresent(possible::add);
    }
    return possible;
  }

  private void run(SparkSession session, Mode mode, String added, String name) throws IOException {
    AnnotateOptions options =
        new AnnotateOptions(
            new CorpusOptions(
                List.of(folder.resolve("racing-" + added).toString()),
                null,
                Map.of(),
                "text",
                null),
            new OutputOptions(
                store.mortal() + "/" + name,
                OutputFormat.PARQUET,
                mode.mode == null ? WriteMode.ERROR : mode.mode,
                "mentions",
                null,
                false),
            List.of(ModelSpec.bundled("nano-llama")),
            EngineOptions.defaults().withDtype(ComputeType.FP32),
            0,
            true,
            Map.of());
    if (mode == Mode.INCREMENTAL) {
      IncrementalJob.run(session, options, new IncrementalOptions(null, 1, false));
    } else {
      AnnotateJob.run(session, options);
    }
  }

  /** The ids that any reader of the directory sees, in order; none if no run has committed. */
  private String read(String name) throws IOException {
    if (CommitLog.of(store.path(name), store.hadoop()).read().files().isEmpty()) {
      return "";
    }
    return inOrder(
        spark
            .read()
            .parquet(store.path(name).toString())
            .select("id")
            .as(Encoders.STRING())
            .collectAsList());
  }

  private static String inOrder(List<String> ids) {
    return String.join("", ids.stream().sorted().toList());
  }

  /** There are the files that commits name, and nobody is announced. */
  private void assertNothingLeft(String what, String name) throws IOException {
    TreeSet<String> files = new TreeSet<>();
    int root = store.path(name).toUri().getPath().length() + 1;
    RemoteIterator<LocatedFileStatus> all = fs.listFiles(store.path(name), true);
    while (all.hasNext()) {
      FileStatus file = all.next();
      files.add(file.getPath().toUri().getPath().substring(root));
    }
    assertThat(files.stream().filter(file -> !file.matches("(.*/)?[._].*")))
        .as(what)
        .containsExactlyElementsOf(
            CommitLog.of(store.path(name), store.hadoop()).read().files().keySet());
    assertThat(files)
        .as(what)
        .noneMatch(file -> file.matches("_tommer/(writers/[^.].*|tickets/.*)"));
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
