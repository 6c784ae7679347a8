package io.github.tommerspark.jobs.output;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * An output as its commits up to one of them leave it. Changed only by {@link #apply}.
 *
 * <p>A snapshot of it, written now and then, saves readers the commits before.
 */
public final class OutputState {

  private int format = Commit.FORMAT;
  private long number;
  private final SortedMap<String, Long> files = new TreeMap<>();
  private final TreeSet<String> retired = new TreeSet<>();
  private final SortedMap<String, Long> runIds = new TreeMap<>();
  private final SortedMap<String, SortedMap<Long, Long>> series = new TreeMap<>();
  private final List<Long> runs = new ArrayList<>();
  private Provenance newest;

  /** Before the first commit. */
  OutputState() {}

  /** As Jackson writes and reads it. */
  record Snapshot(
      int format,
      long number,
      SortedMap<String, Long> files,
      TreeSet<String> retired,
      SortedMap<String, Long> runIds,
      SortedMap<String, SortedMap<Long, Long>> series,
      List<Long> runs,
      Provenance newest) {

    /** Refuses what is incomplete, as in a damaged record. */
    Snapshot {
      Objects.requireNonNull(files, "it has no files");
      Objects.requireNonNull(retired, "it has no list of retired files");
      Objects.requireNonNull(runIds, "it has no ids of runs");
      Objects.requireNonNull(series, "it has no series");
      Objects.requireNonNull(runs, "it has no list of runs");
      files.values().forEach(size -> Objects.requireNonNull(size, "a file has no size"));
      retired.forEach(name -> Objects.requireNonNull(name, "a retired file has no name"));
      runIds.values().forEach(run -> Objects.requireNonNull(run, "a run has no number"));
      runs.forEach(run -> Objects.requireNonNull(run, "a run has no number"));
      for (SortedMap<Long, Long> batches : series.values()) {
        Objects.requireNonNull(batches, "a series has no batches");
        batches.values().forEach(commit -> Objects.requireNonNull(commit, "a batch has no commit"));
      }
    }
  }

  static OutputState of(Snapshot snapshot) {
    OutputState state = new OutputState();
    state.format = snapshot.format;
    state.number = snapshot.number;
    state.files.putAll(snapshot.files);
    state.retired.addAll(snapshot.retired);
    state.runIds.putAll(snapshot.runIds);
    snapshot.series.forEach((id, batches) -> state.series.put(id, new TreeMap<>(batches)));
    state.runs.addAll(snapshot.runs);
    state.newest = snapshot.newest;
    return state;
  }

  Snapshot snapshot() {
    return new Snapshot(
        format,
        number,
        new TreeMap<>(files),
        new TreeSet<>(retired),
        new TreeMap<>(runIds),
        new TreeMap<>(series),
        List.copyOf(runs),
        newest);
  }

  /** Sets what was there before the first commit. */
  void begin(Map<String, Long> present, Map<String, List<Long>> batches, Provenance made) {
    files.putAll(present);
    batches.forEach((id, all) -> all.forEach(batch -> done(id, batch)));
    newest = made;
  }

  /**
   * Takes the next step.
   *
   * @throws IllegalArgumentException if it is not the next one
   */
  void apply(Commit commit) {
    if (commit.number() != number + 1) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Commit %d does not follow commit %d", commit.number(), number));
    }
    number = commit.number();
    for (String name : commit.removed()) {
      files.remove(name);
      // Ours are known by their names; those of version 0.1 must be remembered to be deleted.
      if (WriterId.in(name).isEmpty()) {
        retired.add(name);
      }
    }
    if (commit.operation() == Commit.Operation.OVERWRITE) {
      // A run counts as done while its rows are there.
      runIds.clear();
      series.clear();
      runs.clear();
    }
    files.putAll(commit.added());
    retired.removeAll(commit.added().keySet());
    if (commit.run() != null) {
      runs.add(number);
      newest = commit.run();
    }
    commit.batches().forEach((id, all) -> all.forEach(batch -> done(id, batch)));
    Commit.Transaction transaction = commit.transaction();
    if (transaction != null && transaction.runId() != null) {
      runIds.put(transaction.runId(), number);
    } else if (transaction != null) {
      done(transaction.series(), transaction.batch());
    }
  }

  private void done(String id, long batch) {
    series.computeIfAbsent(id, key -> new TreeMap<>()).put(batch, number);
  }

  /** The number of the last commit; 0 before the first. */
  public long number() {
    return number;
  }

  /** The data files by path relative to the output, with their sizes in bytes. */
  public SortedMap<String, Long> files() {
    return Collections.unmodifiableSortedMap(files);
  }

  /** Returns whether a run has put data there, be it without rows. */
  public boolean holdsData() {
    return !files.isEmpty() || newest != null;
  }

  /** Files that were removed by a commit, under names that do not tell their writer. */
  boolean isRetired(String name) {
    return retired.contains(name);
  }

  /** The commit of a run that the user gave this id. */
  public Optional<Long> commitOf(String runId) {
    return Optional.ofNullable(runId == null ? null : runIds.get(runId));
  }

  /** The commit of a batch. */
  Optional<Long> commitOf(String id, long batch) {
    return Optional.ofNullable(series.getOrDefault(id, new TreeMap<>()).get(batch));
  }

  /** The number of the last batch of a series; -1 if it has none. */
  public long lastBatch(String id) {
    return series.containsKey(id) ? series.get(id).lastKey() : -1;
  }

  /** A series that began after this one, if there is one. */
  public Optional<String> seriesAfter(String id) {
    return series.keySet().stream()
        .filter(other -> !other.equals(id) && other.compareTo(id) > 0)
        .findFirst();
  }

  /** The series of incremental runs, from the oldest to the newest. */
  List<String> seriesIds() {
    return List.copyOf(series.keySet());
  }

  /** Returns whether batches of incremental runs are there. */
  public boolean isIncremental() {
    return !series.isEmpty();
  }

  /** The commits that added the data which is there, in order. */
  public List<Long> runs() {
    return Collections.unmodifiableList(runs);
  }

  /** Returns the provenance of the data that was added last. */
  public Optional<Provenance> newest() {
    return Optional.ofNullable(newest);
  }
}
