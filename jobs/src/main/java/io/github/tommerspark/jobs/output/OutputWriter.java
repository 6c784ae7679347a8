package io.github.tommerspark.jobs.output;

import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run that adds data to an output: first the files, under names of its own, then the commit that
 * makes them part of the output, then the removal of what the commit has replaced.
 *
 * <p>Closed without a commit, it leaves the output as it was.
 */
public final class OutputWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OutputWriter.class);

  private static final int TRIES = 4;
  private static final int SHOWN = 5;

  private final OutputDirectory output;
  private final String id;
  private final CommitStore store;
  private final Writers writers;
  private final Writers.Announcement announcement;
  private final Committer committer;
  private final Leftovers leftovers;
  private final Set<String> directories = new TreeSet<>();
  private OutputState state;
  private Map<String, Long> present;
  private SparkSession spark;
  private boolean pending;

  private OutputWriter(
      OutputDirectory output,
      String id,
      CommitStore store,
      Writers writers,
      Writers.Announcement announcement) {
    this.output = output;
    this.id = id;
    this.store = store;
    this.writers = writers;
    this.announcement = announcement;
    this.committer = new Committer(output, store, id);
    this.leftovers = new Leftovers(output, store, writers, announcement.writer());
  }

  static OutputWriter begin(OutputDirectory output, String id, Writers.Timing timing)
      throws IOException {
    CommitStore store = CommitStore.of(output.path(), output.hadoop());
    Writers writers = new Writers(store.fs, output.path(), timing);
    store.makeFolder(output.log().folder());
    boolean shares =
        output.mode() == WriteMode.APPEND && !output.isIncremental() && !store.jobsCollide();
    Writers.Announcement announcement = writers.announce(store, id, shares);
    OutputWriter writer = new OutputWriter(output, id, store, writers, announcement);
    boolean begun = false;
    try {
      writer.begin();
      begun = true;
      return writer;
    } finally {
      if (!begun) {
        announcement.close();
      }
    }
  }

  private void begin() throws IOException {
    // Files before writers before commits: a file whose writer has ended is in its commit by then.
    present = output.files("");
    Writers.Census census = writers.census(id);
    state = output.current();
    refuseOthers(census);
    recordFirstVersion(present.keySet());
    clean(census);
    forgetOldSeries();
    refuseLoss();
  }

  /**
   * Two may write at a time if both append; else, the one whose name sorts first waits a moment.
   */
  private void refuseOthers(Writers.Census census) throws IOException {
    boolean shares = announcement.writer().shares();
    Predicate<Writers.Writer> inTheWay = other -> !shares || !other.shares();
    Writers.Census now = census;
    for (int tries = 0; ; tries++) {
      Optional<Writers.Writer> other = now.living().values().stream().filter(inTheWay).findFirst();
      if (other.isEmpty()) {
        return;
      }
      // Somebody who has announced itself after this one sees it and gives way.
      if (tries == TRIES || other.get().id().compareTo(id) < 0) {
        throw new UserException(
            "Cannot write to %s: another run is writing to it (%s); wait until it has ended"
                .formatted(output, other.get()));
      }
      Writers.pause(Duration.ofMillis(500));
      now = writers.census(id);
    }
  }

  /** The files of version 0.1, by name, once and for all. */
  private void recordFirstVersion(Collection<String> present) throws IOException {
    while (state.number() == 0) {
      Optional<FirstVersion> found = FirstVersion.read(output.path(), output.hadoop());
      if (found.isEmpty()) {
        return;
      }
      Commit record = found.get().record(id, Committer.now(), present);
      if (output.log().append(store, record)) {
        state.apply(record);
        LOG.info(
            "Recorded {} files that version 0.1 wrote as commit 1 of {}",
            record.added().size(),
            output);
      } else {
        state = output.log().read();
      }
    }
  }

  /** Removes what is known to be nobody's any more. */
  private void clean(Writers.Census census) throws IOException {
    if (!census.dead().isEmpty()) {
      // From here on, whatever they wake up to commit is void.
      committer.commitClean(state, List.of(), census.dead());
    }
    List<String> orphans = new ArrayList<>();
    List<String> replaced = new ArrayList<>();
    for (String name : present.keySet()) {
      Optional<String> writer = WriterId.in(name);
      if (state.files().containsKey(name)) {
        continue;
      } else if (state.isRetired(name)) {
        replaced.add(name);
      } else if (writer.isPresent() && !census.living().containsKey(writer.get())) {
        orphans.add(name);
      }
    }
    if (!orphans.isEmpty()) {
      LOG.warn(
          "Removing {} file(s) from {} that belong to no commit: {}; a run that did not finish has left or not yet removed them",
          orphans.size(),
          output,
          shown(orphans));
    }
    leftovers.delete(orphans);
    leftovers.delete(replaced);
    present.keySet().removeAll(orphans);
    present.keySet().removeAll(replaced);
    leftovers.removeTemporary(census);
    leftovers.removeDrafts(census.living().keySet());
    leftovers.removeTickets(state.number());
    if (store.jobsCollide() && census.living().isEmpty()) {
      ObjectStore.abortUploads(output.path(), output.hadoop());
      ObjectStore.removeNotes(output.fs(), output.path());
    }
    if (state.holdsData() && !state.isIncremental()) {
      leftovers.removeCheckpoint();
    }
    leftovers.removeFirstVersion(state);
    for (String dead : census.dead()) {
      writers.forget(dead);
    }
  }

  /** A series whose directory somebody has removed, now that a later one is there. */
  private void forgetOldSeries() throws IOException {
    List<String> ids = state.seriesIds();
    for (String old : ids.subList(0, Math.max(0, ids.size() - 1))) {
      String directory = "run=" + old + "/";
      List<String> files =
          state.files().keySet().stream().filter(name -> name.startsWith(directory)).toList();
      if (files.isEmpty() || files.stream().anyMatch(present::containsKey)) {
        continue;
      }
      committer.commitClean(state, files, Set.of());
      LOG.info("{} has been removed from {}, which is recorded now", directory, output);
    }
  }

  /** Data that a commit names and that is not there: nothing is added to what is not whole. */
  private void refuseLoss() throws IOException {
    if (output.mode() == WriteMode.OVERWRITE) {
      return;
    }
    for (String name : state.files().keySet()) {
      if (!present.containsKey(name)) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "Cannot write to %s: commit %d names %s, which is not there; restore it from a copy, or begin again with --mode overwrite or in another --output",
                output,
                output.log().commitThatAdded(state, name),
                name));
      }
    }
  }

  private static String shown(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return names.size() > SHOWN ? first + ", …" : first;
  }

  /** Names the data files of this writer, and its commits. */
  public String id() {
    return id;
  }

  /** The data files that were there when this writer began, less what it has removed. */
  Map<String, Long> present() {
    return present;
  }

  /** The output as it was when this writer last looked. */
  public OutputState state() {
    return state;
  }

  /**
   * Writes rows.
   *
   * @param directory in the output; empty for the output itself
   * @return the files, which no commit names yet, by path relative to the output, with their sizes
   *     in bytes
   */
  public Map<String, Long> write(Dataset<Row> rows, OutputFormat format, String directory)
      throws IOException {
    spark = rows.sparkSession();
    NamedFiles.use(spark);
    directories.add(directory);
    pending = true;
    Path target = directory.isEmpty() ? output.path() : new Path(output.path(), directory);
    rows.write()
        .mode(SaveMode.Append)
        .format(format.label())
        .options(NamedFiles.options(id))
        // JSON would leave out a null error, and with it the column.
        .option("ignoreNullFields", "false")
        .save(target.toString());
    Map<String, Long> written = new TreeMap<>(output.files(directory));
    written.keySet().removeIf(name -> !isMine(name) || state.files().containsKey(name));
    return written;
  }

  private boolean isMine(String name) {
    return WriterId.in(name).filter(id::equals).isPresent();
  }

  /**
   * Makes the files part of the output.
   *
   * @param run complete provenance, with the files
   * @param runId that the user gave the run; null for none
   * @return the commit; that of somebody else if the run with that id had been committed meanwhile
   * @throws UserException if somebody has changed the output so that this run does not fit any more
   */
  public Commit commit(Provenance run, String runId) throws IOException {
    Commit.Operation operation =
        switch (output.mode()) {
          case ERROR -> Commit.Operation.NEW;
          case APPEND -> Commit.Operation.APPEND;
          case OVERWRITE -> Commit.Operation.OVERWRITE;
        };
    Collection<String> replaced =
        operation == Commit.Operation.OVERWRITE ? state.files().keySet() : List.of();
    Commit made = commit(operation, Commit.Transaction.run(runId), replaced, run);
    if (made.writer().equals(id)) {
      finish(made);
    }
    return made;
  }

  /**
   * Makes the files of a batch part of the output.
   *
   * @param run complete provenance, with the files
   */
  public Commit commitBatch(Provenance run, String series, long batch) throws IOException {
    return commit(Commit.Operation.BATCH, Commit.Transaction.batch(series, batch), List.of(), run);
  }

  /**
   * Makes the files part of the output instead of others, which hold the same rows.
   *
   * @param run complete provenance, with the files
   * @param replaced files of the output
   */
  public Commit commitReplacement(Provenance run, Collection<String> replaced) throws IOException {
    Commit made = commit(Commit.Operation.REPLACE, null, replaced, run);
    finish(made);
    return made;
  }

  private Commit commit(
      Commit.Operation operation,
      Commit.Transaction transaction,
      Collection<String> removed,
      Provenance run)
      throws IOException {
    Commit made = committer.commit(state, operation, transaction, removed, run);
    if (made.writer().equals(id)) {
      pending = false;
    }
    return made;
  }

  /** After the commit, nothing is a failure any more: what stays undone, the next writer does. */
  private void finish(Commit made) {
    try {
      if (made.operation() == Commit.Operation.OVERWRITE) {
        leftovers.delete(made.removed());
        leftovers.removeCheckpoint();
        leftovers.removeFirstVersion(state);
      } else if (made.operation() == Commit.Operation.REPLACE) {
        leftovers.delete(made.removed());
      }
      if (!output.isIncremental()) {
        markSuccess();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "The data is committed, but not all that it replaces could be removed from {}: {}; the next run will",
          output,
          e.toString());
    }
  }

  /** Makes the file that other tools wait for. */
  void markSuccess() throws IOException {
    output.fs().create(new Path(output.path(), "_SUCCESS"), true).close();
  }

  /** Removes what was written and not committed, and says that this writer has ended. */
  @Override
  public void close() {
    boolean clean = false;
    try {
      if (!committer.isUnknown()) {
        if (pending) {
          discard();
        }
        leftovers.removeTemporaryOfMine(directories);
        clean = true;
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "Cannot remove what was not committed from {}: {}; the next run will",
          output,
          e.toString());
    } finally {
      try {
        announcement.end(clean);
      } catch (IOException | RuntimeException e) {
        LOG.warn("Cannot remove {}: {}", writers.folder(), e.toString());
      }
    }
  }

  private void discard() throws IOException {
    if (spark != null && store.jobsCollide()) {
      ObjectStore.cleanUp(spark, output.path());
    }
    output.log().catchUp(state);
    List<String> mine = new ArrayList<>();
    for (String directory : directories) {
      for (String name : output.files(directory).keySet()) {
        if (isMine(name) && !state.files().containsKey(name)) {
          mine.add(name);
        }
      }
    }
    leftovers.delete(mine);
  }
}
