package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.detect.ModelSpec;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.engine.EngineOptions;
import io.github.tommerspark.jobs.LoggedWarnings;
import io.github.tommerspark.jobs.Mortality;
import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.jobs.output.CommitLog;
import io.github.tommerspark.jobs.output.OutputDirectory;
import io.github.tommerspark.jobs.output.OutputOptions;
import io.github.tommerspark.jobs.output.OutputState;
import io.github.tommerspark.jobs.output.OutputWriter;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WriteMode;
import io.github.tommerspark.jobs.table.TableInput;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Runs that die before or after an operation that changes something in a store, each repeated once
 * under its id. Meanwhile a reader polls the commits.
 *
 * <p>After each death, readers of ours must see the output as it was before or after one of the
 * run's commits; after the run that repeats it, all readers see it complete, every file that the
 * dead run left has been named in a warning and is gone, and files of others are as they were.
 */
final class KillMatrix implements AutoCloseable {

  /** The work that is done on an output. */
  enum Mode {
    NEW(WriteMode.ERROR, "", "cde"),
    APPEND(WriteMode.APPEND, "ab", "abcde"),
    OVERWRITE(WriteMode.OVERWRITE, "ab", "cde"),
    INCREMENTAL(null, "", "c", "cd", "cde");

    private final WriteMode mode;
    private final List<String> states;

    /** The states are those that readers may see, as ids in order. */
    Mode(WriteMode mode, String... states) {
      this.mode = mode;
      this.states = List.of(states);
    }

    boolean hasDataBefore() {
      return !states.get(0).isEmpty();
    }

    String complete() {
      return states.get(states.size() - 1);
    }
  }

  /**
   * A place for outputs.
   *
   * @param label of the store in the table
   * @param mortal URI of the place, for a process that dies as {@link Mortality} says
   * @param others URI of the same place for everybody else
   * @param hadoop settings for everybody else
   */
  record Store(String label, String mortal, String others, Configuration hadoop) {

    org.apache.hadoop.fs.Path path(String name) {
      return new org.apache.hadoop.fs.Path(others + "/" + name);
    }

    FileSystem fs() throws IOException {
      return path("x").getFileSystem(hadoop);
    }
  }

  /**
   * The outcome of many deaths.
   *
   * @param runs whole jobs, or writers alone
   * @param points at which a run could die
   * @param seen how often each state was seen after a death, in the order of the states
   * @param orphans files that dead runs had left
   * @param polls of the commits meanwhile; 0 for tables
   */
  record Outcome(
      String runs,
      Mode mode,
      OutputFormat format,
      String store,
      int deaths,
      int points,
      List<Integer> seen,
      int orphans,
      int polls) {

    /** A row of the table in docs/outputs.md. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "| %s | %s | %s | %s | %d | %d | %s | %d | %,d | 0 |",
          runs,
          mode.toString().toLowerCase(Locale.ROOT),
          format.toString().charAt(0) + format.label().substring(1),
          store,
          deaths,
          points,
          String.join(" / ", seen.stream().map(Object::toString).toList()),
          orphans,
          polls);
    }
  }

  /** Files of others. Where a run finds no output, only those that nobody takes for data. */
  private static final Map<String, String> HIDDEN =
      Map.of(
          ".git/config", "[core]",
          "_notes/keep.txt", "keep",
          "_part-00000-hidden.parquet", "hidden");

  private static final String SEEN = "README.md";

  private static final String RUN_ID = "a run";
  private static final String SERIES = "0001-0a0b0c0d";

  private final SparkSession spark;
  private final Path folder;
  private final Store store;
  private final boolean writersAlone;
  private final FileSystem fs;
  private final Map<String, String> read = new HashMap<>();
  private final LoggedWarnings warnings = new LoggedWarnings(OutputWriter.class);

  /**
   * Writes what is to be read.
   *
   * @param folder on the local disk, for the input
   * @param writersAlone whether rows are given to the writer of an output, as a job gives them, at
   *     a tenth of the cost of a job; what readers see is then read file by file, without Spark
   */
  KillMatrix(SparkSession spark, Path folder, Store store, boolean writersAlone)
      throws IOException {
    this.spark = spark;
    this.folder = folder;
    this.store = store;
    this.writersAlone = writersAlone;
    this.fs = store.fs();
    docs("before/ab", "a", "b");
    docs("new/c", "c");
    docs("new/d", "d");
    docs("new/e", "e");
  }

  /**
   * Lets runs die.
   *
   * @param times how often
   * @throws AssertionError if a row is lost, there twice, or seen too early
   */
  Outcome kill(Mode mode, OutputFormat format, int times) throws Exception {
    boolean table = format.isTable();
    if (mode.hasDataBefore() && !table) {
      Mortality.revive(0);
      if (writersAlone) {
        write(Mode.NEW, format, base(mode), "ab", "before");
      } else {
        annotate("before", WriteMode.ERROR, format, base(mode), null);
      }
    }
    List<String> points = List.of();
    // The first run takes so long that a writer gives signs of life, which are no points of others.
    for (String undisturbed : List.of("first", "undisturbed")) {
      String name = name(mode, format, undisturbed);
      begin(mode, format, name);
      Mortality.revive(0);
      run(mode, format, name);
      points = Mortality.points();
      assertThat(committed(format, name)).isEqualTo(mode.complete());
    }

    List<Integer> order = new ArrayList<>(IntStream.rangeClosed(1, points.size()).boxed().toList());
    Collections.shuffle(order, new Random(mode.ordinal()));
    Map<String, Integer> seen = new TreeMap<>();
    int orphans = 0;
    int deaths = 0;
    CommitPoll poll = new CommitPoll(store);
    try (poll) {
      for (int kill = 0; deaths < times; kill++) {
        // The number of operations differs a little from run to run.
        assertThat(kill).as("runs, of which %d died", deaths).isLessThan(4 * times + 10);
        int death = order.get(kill % order.size());
        String what =
            String.format(
                Locale.ROOT,
                "%s of %s on %s, dead at point %d of %d: %s",
                mode,
                format,
                store.label(),
                death,
                points.size(),
                points.get(death - 1));
        String name = name(mode, format, Integer.toString(kill));
        Map<String, String> others = begin(mode, format, name);
        if (!table) {
          poll.watch(name);
        }
        Mortality.revive(death);
        try {
          run(mode, format, name);
        } catch (Exception e) {
          // After the commit, it is a warning.
        }
        awaitTasks();
        deaths += Mortality.isDead() ? 1 : 0;
        if (table) {
          // Its files name each other by the URI under which they were written.
          Mortality.revive(0);
        }
        String state = committed(format, name);
        assertThat(state).as(what).isIn(mode.states);
        seen.merge(state, 1, Integer::sum);
        assertOthers(what, name, others);
        Set<String> left = table ? Set.of() : dataFiles(name);
        if (!table) {
          left.removeAll(CommitLog.of(store.path(name), store.hadoop()).read().files().keySet());
        }
        orphans += left.size();

        Mortality.revive(0);
        warnings.take();
        run(mode, format, name);
        assertReported(what, left);
        assertThat(committed(format, name)).as(what).isEqualTo(mode.complete());
        assertOthers(what, name, others);
        if (!table) {
          assertThat(read(name)).as("%s, for any reader", what).isEqualTo(mode.complete());
          assertClean(what, name);
        }
        poll.watch(null);
        fs.delete(store.path(name), true);
      }
    }
    return new Outcome(
        kind(),
        mode,
        format,
        store.label(),
        deaths,
        points.size(),
        mode.states.stream().map(state -> seen.getOrDefault(state, 0)).toList(),
        orphans,
        poll.polls());
  }

  /** Names an output, which no other matrix in the store has. */
  private String name(Mode mode, OutputFormat format, String what) {
    return String.join("-", kind(), mode.toString(), format.toString(), what);
  }

  private String kind() {
    return writersAlone ? "writers" : "jobs";
  }

  private String base(Mode mode) {
    return name(mode, OutputFormat.PARQUET, "base");
  }

  /**
   * Makes an output as it is before a run.
   *
   * @return files of others in it
   */
  private Map<String, String> begin(Mode mode, OutputFormat format, String name)
      throws IOException {
    Mortality.revive(0);
    if (format.isTable()) {
      // Tables are no copies of each other: their files name each other.
      if (mode.hasDataBefore()) {
        annotate("before", WriteMode.ERROR, format, name, "before");
      }
      return Map.of();
    }
    // In the name of a process that lives: it is the cheaper one on a local disk.
    org.apache.hadoop.fs.Path output = new org.apache.hadoop.fs.Path(store.mortal() + "/" + name);
    FileSystem mortal = output.getFileSystem(spark.sparkContext().hadoopConfiguration());
    Map<String, String> others = new TreeMap<>(HIDDEN);
    if (mode.hasDataBefore()) {
      others.put(SEEN, "about");
      org.apache.hadoop.fs.Path base = store.path(base(mode));
      for (String file : tree(base)) {
        org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(base, file);
        if (fs.getFileStatus(source).isFile()) {
          create(mortal, output, file, content(source));
        }
      }
    }
    for (Map.Entry<String, String> other : others.entrySet()) {
      create(mortal, output, other.getKey(), other.getValue().getBytes(StandardCharsets.UTF_8));
    }
    return others;
  }

  private static void create(
      FileSystem in, org.apache.hadoop.fs.Path output, String name, byte[] content)
      throws IOException {
    try (FSDataOutputStream file = in.create(new org.apache.hadoop.fs.Path(output, name))) {
      file.write(content);
    }
  }

  private byte[] content(org.apache.hadoop.fs.Path file) throws IOException {
    try (FSDataInputStream content = fs.open(file)) {
      return content.readAllBytes();
    }
  }

  private void run(Mode mode, OutputFormat format, String name) throws IOException {
    if (writersAlone) {
      write(mode, format, name, "cde", RUN_ID);
    } else if (mode == Mode.INCREMENTAL) {
      IncrementalJob.run(
          spark,
          options("new", WriteMode.ERROR, format, name, null),
          new IncrementalOptions(null, 1, false));
    } else {
      annotate("new", mode.mode, format, name, RUN_ID);
    }
  }

  private void annotate(
      String input, WriteMode mode, OutputFormat format, String name, String runId)
      throws IOException {
    AnnotateJob.run(spark, options(input, mode, format, name, runId));
  }

  /** Gives rows to the writer of an output as jobs do. */
  private void write(Mode mode, OutputFormat format, String name, String ids, String runId)
      throws IOException {
    String to = store.mortal() + "/" + name;
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    if (mode == Mode.INCREMENTAL) {
      try (OutputWriter writer = OutputDirectory.openIncremental(to, hadoop).begin()) {
        for (int batch = 0; batch < ids.length(); batch++) {
          if (batch > writer.state().lastBatch(SERIES)) {
            String directory = String.format(Locale.ROOT, "run=%s/batch=%d", SERIES, batch);
            Map<String, Long> files =
                writer.write(rows(ids.substring(batch, batch + 1)), format, directory);
            writer.commitBatch(provenance(to, files), SERIES, batch);
          }
        }
      }
      return;
    }
    OutputDirectory output = OutputDirectory.open(to, mode.mode, runId, hadoop);
    if (output.commitOf(runId).isPresent()) {
      output.tidy();
      return;
    }
    try (OutputWriter writer = output.begin()) {
      writer.commit(provenance(to, writer.write(rows(ids), format, "")), runId);
    }
  }

  private Dataset<Row> rows(String ids) {
    return spark.createDataset(List.of(ids.split("")), Encoders.STRING()).toDF("id");
  }

  private static Provenance provenance(String output, Map<String, Long> files) {
    return new Provenance(
        "tommer-spark",
        "0.2.0",
        "a run",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
        Map.of(),
        new Provenance.Input(List.of(), "json", "text", "id"),
        new Provenance.Output(output, "parquet", Map.of("id", "string"), files),
        List.of(),
        null,
        Map.of(),
        1);
  }

  private AnnotateOptions options(
      String input, WriteMode mode, OutputFormat format, String name, String runId) {
    return new AnnotateOptions(
        new CorpusOptions(List.of(folder.resolve(input).toString()), null, Map.of(), "text", null),
        new OutputOptions(store.mortal() + "/" + name, format, mode, "mentions", null, false)
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
  private String committed(OutputFormat format, String name) throws IOException {
    String output = format.isTable() ? store.mortal() + "/" + name : store.path(name).toString();
    boolean there =
        format.isTable()
            ? TableInput.is(spark, output)
            : !CommitLog.of(store.path(name), store.hadoop()).read().files().isEmpty();
    if (!there) {
      return "";
    } else if (writersAlone) {
      return ids(name, CommitLog.of(store.path(name), store.hadoop()).read().files().keySet());
    }
    return inOrder(
        Corpus.open(spark, new CorpusOptions(List.of(output), null, Map.of(), null, null))
            .rows()
            .select("id")
            .as(Encoders.STRING())
            .collectAsList());
  }

  /** The ids that any reader of the directory sees, in order. */
  private String read(String name) throws IOException {
    if (writersAlone) {
      return ids(name, dataFiles(name));
    }
    return inOrder(
        spark
            .read()
            .option("pathGlobFilter", "*.parquet")
            .parquet(store.path(name).toString())
            .select("id")
            .as(Encoders.STRING())
            .collectAsList());
  }

  /** The ids in files, in order; a file of a name has one content. */
  private String ids(String name, Collection<String> files) throws IOException {
    List<String> ids = new ArrayList<>();
    for (String file : files) {
      String content = read.get(file);
      if (content == null) {
        content = "";
        try (ParquetReader<Group> reader =
            ParquetReader.builder(
                    new GroupReadSupport(), new org.apache.hadoop.fs.Path(store.path(name), file))
                .withConf(store.hadoop())
                .build()) {
          for (Group row = reader.read(); row != null; row = reader.read()) {
            content += row.getString("id", 0);
          }
        }
        read.put(file, content);
      }
      ids.addAll(List.of(content.split("")));
    }
    return inOrder(ids);
  }

  private static String inOrder(List<String> ids) {
    return String.join("", ids.stream().sorted().toList());
  }

  private Set<String> dataFiles(String name) throws IOException {
    Set<String> files = new TreeSet<>(tree(store.path(name)));
    files.removeIf(
        file ->
            !file.endsWith(".parquet")
                || Arrays.stream(file.split("/")).anyMatch(part -> part.matches("[._].*")));
    return files;
  }

  /** Each file that a dead run left is named, or counted with others. */
  private void assertReported(String what, Set<String> orphans) {
    List<String> warned = warnings.take();
    assertThat(orphans)
        .as("%s; warnings: %s", what, warned)
        .allMatch(
            orphan ->
                warned.stream().anyMatch(text -> text.contains(orphan) || text.contains(", …")));
  }

  private void assertOthers(String what, String name, Map<String, String> others)
      throws IOException {
    for (Map.Entry<String, String> other : others.entrySet()) {
      org.apache.hadoop.fs.Path file =
          new org.apache.hadoop.fs.Path(store.path(name), other.getKey());
      assertThat(content(file))
          .as("%s: %s", what, other.getKey())
          .isEqualTo(other.getValue().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** There are the files that the commits name, and nothing that a run needs while it writes. */
  private void assertClean(String what, String name) throws IOException {
    OutputState state = CommitLog.of(store.path(name), store.hadoop()).read();
    assertThat(dataFiles(name)).as(what).isEqualTo(state.files().keySet());
    assertThat(tree(store.path(name)))
        .as(what)
        .noneMatch(
            file ->
                // An empty folder for all may stay.
                file.matches("(.*/)?_temporary/.+")
                    // Of who died while it announced itself, a draft stays for an hour.
                    || file.matches("_tommer/writers/[^.].+|_tommer/tickets/.+")
                    || file.matches("_tommer/commits/.*\\.tmp")
                    || file.contains("__magic"));
  }

  /** All below a directory, by path relative to it; empty if it is not there. */
  private Set<String> tree(org.apache.hadoop.fs.Path root) throws IOException {
    Set<String> found = new TreeSet<>();
    walk(root, "", found);
    return found;
  }

  private void walk(org.apache.hadoop.fs.Path directory, String prefix, Set<String> found)
      throws IOException {
    FileStatus[] children;
    try {
      children = fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return;
    }
    for (FileStatus child : children) {
      String name = prefix + child.getPath().getName();
      // Checksums are the file system's.
      if (!child.getPath().getName().endsWith(".crc")) {
        found.add(name);
      }
      if (child.isDirectory()) {
        walk(child.getPath(), name + "/", found);
      }
    }
  }

  @Override
  public void close() {
    warnings.close();
    Mortality.revive(0);
  }
}
