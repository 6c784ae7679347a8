package io.github.tommerspark.jobs.output;

import io.github.tommerspark.jobs.format.OutputFormat;
import io.github.tommerspark.message.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
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

  private static final String TEMPORARY = "_temporary";
  private static final String CHECKPOINT = "checkpoint";
  private static final Duration OVERDUE = Duration.ofHours(1);
  private static final int TRIES = 4;
  private static final int SHOWN = 5;

  private final OutputDirectory output;
  private final String id;
  private final CommitStore store;
  private final Writers writers;
  private final Writers.Announcement announcement;
  private final Set<String> directories = new TreeSet<>();
  private OutputState state;
  private Map<String, Long> present;
  private SparkSession spark;
  private boolean pending;
  private boolean unknown;

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
      Commit record = found.get().record(id, now(), present);
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
      commitClean(List.of(), census.dead());
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
          "Removing {} file(s) from {} that belong to no commit: {}; the runs that wrote them did not finish",
          orphans.size(),
          output,
          shown(orphans));
    }
    delete(orphans);
    delete(replaced);
    present.keySet().removeAll(orphans);
    present.keySet().removeAll(replaced);
    removeTemporary(census);
    removeDrafts(census.living().keySet());
    if (store.jobsCollide() && census.living().isEmpty()) {
      ObjectStore.abortUploads(output.path(), output.hadoop());
      ObjectStore.removeNotes(output.fs(), output.path());
    }
    if (state.holdsData() && !state.isIncremental()) {
      removeCheckpoint();
    }
    removeFirstVersion();
    for (String dead : census.dead()) {
      writers.forget(dead);
    }
  }

  /** Records files and writers that are no more, after whatever others commit meanwhile. */
  private void commitClean(Collection<String> removed, Collection<String> expired)
      throws IOException {
    Commit clean;
    do {
      output.log().catchUp(state);
      clean = commit(Commit.Operation.CLEAN, null, Map.of(), removed, expired, null);
    } while (!output.log().append(store, clean));
    state.apply(clean);
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
      commitClean(files, Set.of());
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

  /** Deletes files, and the directories in the output that are empty then. */
  private void delete(Collection<String> names) throws IOException {
    TreeSet<String> parents = new TreeSet<>();
    for (String name : names) {
      output.fs().delete(new Path(output.path(), name), false);
      for (int end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
        parents.add(name.substring(0, end));
      }
    }
    for (String parent : parents.descendingSet()) {
      deleteIfEmpty(output.fs(), new Path(output.path(), parent));
    }
  }

  /** Lists a directory; empty if it is not there. */
  private static FileStatus[] list(FileSystem fs, Path directory) throws IOException {
    try {
      return fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  private static void deleteIfEmpty(FileSystem fs, Path directory) throws IOException {
    try {
      if (fs.listStatus(directory).length == 0) {
        fs.delete(directory, false);
      }
    } catch (FileNotFoundException e) {
      // As it should be.
    }
  }

  /** Returns the leftovers of the committers of jobs, those of these writers left out. */
  private void removeTemporary(Writers.Census census) throws IOException {
    Set<String> theirs = new HashSet<>();
    census
        .living()
        .keySet()
        .forEach(writer -> theirs.add(Integer.toString(WriterId.attempt(writer))));
    Set<String> everywhere = new TreeSet<>(Set.of(""));
    if (output.isIncremental() && !census.dead().isEmpty()) {
      addDirectories(output.path(), "", everywhere);
    }
    for (String directory : everywhere) {
      Path temporary =
          new Path(
              directory.isEmpty() ? output.path() : new Path(output.path(), directory), TEMPORARY);
      for (FileStatus attempt : list(output.fs(), temporary)) {
        String name = attempt.getPath().getName();
        if (name.matches("\\d{10}")
            && Long.parseLong(name) >= WriterId.FIRST_ATTEMPT
            && !theirs.contains(name)) {
          output.fs().delete(attempt.getPath(), true);
        }
      }
      deleteIfAlone(temporary);
    }
  }

  /** Another that appends may be about to make a folder in it. */
  private void deleteIfAlone(Path temporary) throws IOException {
    if (!announcement.writer().shares()) {
      deleteIfEmpty(output.fs(), temporary);
    }
  }

  private void addDirectories(Path parent, String prefix, Set<String> found) throws IOException {
    for (FileStatus status : output.fs().listStatus(parent)) {
      String name = status.getPath().getName();
      if (status.isDirectory() && name.matches("(run|batch)=.*")) {
        found.add(prefix + name);
        addDirectories(status.getPath(), prefix + name + "/", found);
      }
    }
  }

  /** Commits that somebody did not come to create, and announcements that are long overdue. */
  private void removeDrafts(Set<String> living) throws IOException {
    long longAgo = System.currentTimeMillis() - OVERDUE.toMillis();
    for (Path folder : List.of(output.log().folder(), writers.folder())) {
      for (FileStatus status : list(store.fs, folder)) {
        String name = status.getPath().getName();
        boolean draft = name.startsWith(".") && name.endsWith(".tmp");
        // A writer is not announced while it writes its announcement.
        boolean dead =
            folder.equals(writers.folder())
                ? status.getModificationTime() < longAgo
                : !name.contains(id) && living.stream().noneMatch(name::contains);
        if (draft && dead) {
          store.fs.delete(status.getPath(), false);
        }
      }
    }
  }

  /** The bookkeeping of incremental runs whose data is no longer there. */
  private void removeCheckpoint() throws IOException {
    output.fs().delete(new Path(new Path(output.path(), Provenance.FOLDER), CHECKPOINT), true);
  }

  /** The records of version 0.1 whose data has been overwritten. */
  private void removeFirstVersion() throws IOException {
    List<Path> records = FirstVersion.records(output.path(), output.hadoop());
    // It is the first commit, if it is there.
    if (!records.isEmpty() && state.number() > 0 && !state.runs().contains(1L)) {
      for (Path record : records) {
        output.fs().delete(record, false);
      }
    }
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
    for (int failures = 0; ; ) {
      for (Commit other : output.log().catchUp(state)) {
        if (other.writer().equals(id)) {
          // A try that seemed to fail.
          pending = false;
          return other;
        }
        refuse(operation, run, other);
      }
      Optional<Commit> same = done(transaction);
      if (same.isPresent()) {
        return same.get();
      }
      Commit commit = commit(operation, transaction, run.output().files(), removed, Set.of(), run);
      try {
        if (output.log().append(store, commit)) {
          state.apply(commit);
          pending = false;
          output.log().snapshot(store, state, id);
          return commit;
        }
      } catch (IOException e) {
        if (++failures == TRIES) {
          unknown = true;
          throw new IOException(
              String.format(
                  Locale.ROOT,
                  "Cannot tell whether commit %d of %s was made: %s; see whether it names %s, or run again with the same --run-id",
                  commit.number(),
                  output,
                  e.getMessage(),
                  id),
              e);
        }
        LOG.warn("Cannot commit to {}, trying again: {}", output, e.toString());
        Writers.pause(Duration.ofSeconds(failures));
      }
    }
  }

  private Optional<Commit> done(Commit.Transaction transaction) throws IOException {
    if (transaction == null) {
      return Optional.empty();
    }
    Optional<Long> number =
        transaction.runId() != null
            ? state.commitOf(transaction.runId())
            : state.commitOf(transaction.series(), transaction.batch());
    return number.isEmpty() ? Optional.empty() : output.log().commit(number.get());
  }

  /** Looks whether this run may follow a commit that it did not know of when it began. */
  private void refuse(Commit.Operation operation, Provenance run, Commit other) {
    if (other.expired().contains(id)) {
      throw new UserException(
          "Stopped writing to %s: another run took this one for dead, because it gave no sign of life; nothing of it was added; run again"
              .formatted(output));
    }
    if (other.run() == null) {
      return;
    }
    boolean beside =
        operation == Commit.Operation.APPEND
            && (other.operation() == Commit.Operation.APPEND
                || other.operation() == Commit.Operation.NEW);
    Optional<String> difference = beside ? run.difference(other.run()) : Optional.empty();
    if (!beside || difference.isPresent()) {
      throw new UserException(
          "Cannot write to %s: another run (%s) has committed to it meanwhile%s; nothing of this run was added"
              .formatted(
                  output, other.writer(), difference.map(text -> ", and " + text).orElse("")));
    }
  }

  private Commit commit(
      Commit.Operation operation,
      Commit.Transaction transaction,
      Map<String, Long> added,
      Collection<String> removed,
      Collection<String> expired,
      Provenance run) {
    return new Commit(
        Commit.FORMAT,
        state.number() + 1,
        operation,
        now(),
        id,
        transaction,
        added,
        List.copyOf(removed),
        List.copyOf(expired),
        Map.of(),
        run);
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** After the commit, nothing is a failure any more: what stays undone, the next writer does. */
  private void finish(Commit made) {
    try {
      if (made.operation() == Commit.Operation.OVERWRITE) {
        delete(made.removed());
        removeCheckpoint();
        removeFirstVersion();
      } else if (made.operation() == Commit.Operation.REPLACE) {
        delete(made.removed());
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
      if (!unknown) {
        if (pending) {
          discard();
        }
        removeTemporaryOfMine();
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
    delete(mine);
  }

  private void removeTemporaryOfMine() throws IOException {
    for (String directory : directories) {
      Path temporary =
          new Path(
              directory.isEmpty() ? output.path() : new Path(output.path(), directory), TEMPORARY);
      output.fs().delete(new Path(temporary, Integer.toString(WriterId.attempt(id))), true);
      deleteIfAlone(temporary);
    }
  }
}
