package io.github.tommerspark.jobs.output;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Quoted;
import java.io.CharConversionException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commits of an output: {@code _tommer/commits/00000000000000000001.json} and so on. Names have
 * 20 digits, so that their order is that of the commits.
 *
 * <p>Every {@value #SNAPSHOT_EVERY} commits, the state that they lead to is written beside them, as
 * {@code 00000000000000000050.state.json}. It says nothing that the commits do not say; without it,
 * readers read more.
 */
public final class CommitLog {

  private static final Logger LOG = LoggerFactory.getLogger(CommitLog.class);

  /** The folder in {@link Provenance#FOLDER}. */
  static final String FOLDER = "commits";

  static final int SNAPSHOT_EVERY = 50;

  private static final String COMMIT = ".json";
  private static final String STATE = ".state.json";
  private static final int LISTINGS = 5;

  private final Path output;
  private final Path folder;
  private final Configuration hadoop;
  private final FileSystem fs;

  private CommitLog(Path output, Configuration hadoop) throws IOException {
    this.output = output;
    this.folder = new Path(new Path(output, Provenance.FOLDER), FOLDER);
    this.hadoop = hadoop;
    this.fs = CommitStore.raw(folder.getFileSystem(hadoop));
  }

  /** The log of an output, whether there is one or not. */
  public static CommitLog of(Path output, Configuration hadoop) throws IOException {
    return new CommitLog(output, hadoop);
  }

  private record Listing(TreeSet<Long> commits, TreeSet<Long> states) {}

  /**
   * The output as it is now. One that version 0.1 wrote is read from its records, and counts as
   * having no commit.
   *
   * @throws UserException if a commit is missing or cannot be read
   */
  public OutputState read() throws IOException {
    IOException gone = null;
    for (int tries = 0; tries < LISTINGS; tries++) {
      Listing listing = list();
      if (listing.commits.isEmpty()) {
        return FirstVersion.read(output, hadoop).map(FirstVersion::state).orElse(new OutputState());
      }
      try {
        Optional<OutputState> state = replay(listing);
        if (state.isPresent()) {
          return state.get();
        }
      } catch (FileNotFoundException e) {
        // A snapshot that a newer one has replaced since.
        gone = e;
      }
    }
    UserException missing =
        new UserException(
            "Cannot read %s: commits are missing from %s; restore the folder from a copy"
                .formatted(shown(output), shown(folder)));
    if (gone != null) {
      missing.addSuppressed(gone);
    }
    throw missing;
  }

  /** Empty if a commit is not in the listing, be it that it came while that was made. */
  private Optional<OutputState> replay(Listing listing) throws IOException {
    OutputState state = new OutputState();
    if (!listing.states.isEmpty()) {
      state = OutputState.of(parse(stateFile(listing.states.last()), OutputState.Snapshot.class));
    }
    for (long number : listing.commits.tailSet(state.number() + 1)) {
      if (number != state.number() + 1) {
        return Optional.empty();
      }
      state.apply(commit(number).orElseThrow(() -> new FileNotFoundException()));
    }
    return Optional.of(state);
  }

  private Listing list() throws IOException {
    Listing listing = new Listing(new TreeSet<>(), new TreeSet<>());
    try {
      for (FileStatus status : fs.listStatus(folder)) {
        String name = status.getPath().getName();
        if (name.matches("\\d{20}\\.json")) {
          listing.commits.add(Long.parseLong(name.substring(0, 20)));
        } else if (name.matches("\\d{20}\\.state\\.json")) {
          listing.states.add(Long.parseLong(name.substring(0, 20)));
        }
      }
    } catch (FileNotFoundException e) {
      return listing;
    }
    return listing;
  }

  /** A commit; empty if there is none of that number. */
  public Optional<Commit> commit(long number) throws IOException {
    Path file = commitFile(number);
    byte[] content = CommitStore.read(fs, file);
    if (content == null) {
      return Optional.empty();
    }
    Commit commit = parse(file, content, Commit.class);
    if (commit.number() != number) {
      throw damaged(
          file, String.format(Locale.ROOT, "it says to be commit %d", commit.number()), null);
    }
    return Optional.of(commit);
  }

  /** The number of the commit that added a file; 0 if it is not known. */
  long commitThatAdded(OutputState state, String name) throws IOException {
    for (long number : state.runs()) {
      Optional<Commit> commit = commit(number);
      if (commit.isPresent() && commit.get().added().containsKey(name)) {
        return number;
      }
    }
    return 0;
  }

  /** Takes the steps that were made since a state was read. */
  List<Commit> catchUp(OutputState state) throws IOException {
    List<Commit> since = new ArrayList<>();
    Optional<Commit> next = commit(state.number() + 1);
    while (next.isPresent()) {
      state.apply(next.get());
      since.add(next.get());
      next = commit(state.number() + 1);
    }
    return since;
  }

  /**
   * The provenance of all runs whose data is in the output, from the oldest to the newest.
   *
   * @throws UserException if a commit cannot be read
   */
  public List<Provenance> runs() throws IOException {
    OutputState state = read();
    List<Provenance> runs = new ArrayList<>();
    if (state.number() == 0) {
      return FirstVersion.read(output, hadoop).map(FirstVersion::runs).orElse(List.of());
    }
    for (long number : state.runs()) {
      Commit commit = commit(number).orElseThrow(() -> new FileNotFoundException());
      if (commit.operation() == Commit.Operation.RECORD) {
        FirstVersion.read(output, hadoop).ifPresent(before -> runs.addAll(before.runs()));
      } else {
        runs.add(commit.run());
      }
    }
    return runs;
  }

  /**
   * The provenance of a batch of incremental runs.
   *
   * @return empty if the state has no such batch
   */
  public Optional<Provenance> batch(OutputState state, String series, long batch)
      throws IOException {
    Optional<Long> number = state.commitOf(series, batch);
    if (number.isEmpty()) {
      return Optional.empty();
    }
    Commit commit = commit(number.get()).orElseThrow(() -> new FileNotFoundException());
    return commit.operation() == Commit.Operation.RECORD
        ? FirstVersion.read(output, hadoop).flatMap(before -> before.batch(series, batch))
        : Optional.of(commit.run());
  }

  /**
   * Returns the provenance of the data that was added to an output last; empty if there is none.
   */
  public static Optional<Provenance> newest(Path output, Configuration hadoop) throws IOException {
    return of(output, hadoop).read().newest();
  }

  /**
   * Makes a commit the next one.
   *
   * @return false if somebody else has made one of that number
   * @throws IOException if it is not known whether it was made
   */
  boolean append(CommitStore store, Commit commit) throws IOException {
    return store.createIfAbsent(
        commitFile(commit.number()), Provenance.JSON.writeValueAsBytes(commit), commit.writer());
  }

  /** Writes a snapshot if it is time for one. Throws nothing: readers can do without. */
  void snapshot(CommitStore store, OutputState state, String writer) {
    if (state.number() % SNAPSHOT_EVERY != 0) {
      return;
    }
    try {
      store.createIfAbsent(
          stateFile(state.number()), Provenance.JSON.writeValueAsBytes(state.snapshot()), writer);
      // The one before stays for readers that have just listed it.
      for (long old : list().states.headSet(state.number() - SNAPSHOT_EVERY)) {
        fs.delete(stateFile(old), false);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot write a snapshot of the commits of {}: {}", shown(output), e.toString());
    }
  }

  Path folder() {
    return folder;
  }

  private Path commitFile(long number) {
    return new Path(folder, String.format(Locale.ROOT, "%020d", number) + COMMIT);
  }

  private Path stateFile(long number) {
    return new Path(folder, String.format(Locale.ROOT, "%020d", number) + STATE);
  }

  private <T> T parse(Path file, Class<T> type) throws IOException {
    byte[] content = CommitStore.read(fs, file);
    if (content == null) {
      throw new FileNotFoundException(file.toString());
    }
    return parse(file, content, type);
  }

  /**
   * Reads a commit or a snapshot.
   *
   * @throws UserException if it is damaged, or of a format that is not known yet
   */
  static <T> T parse(Path file, byte[] content, Class<T> type) throws IOException {
    try {
      // The format first: what else a newer record must have is not for this version to say.
      if (!(Provenance.JSON.readTree(content) instanceof ObjectNode record)) {
        throw damaged(file, "it is not a JSON object", null);
      }
      if (record.path("format").asLong() > Commit.FORMAT) {
        throw new UserException(
            "Cannot read %s: it was made by a newer version of tommer-spark"
                .formatted(shown(file)));
      }
      return Provenance.JSON.treeToValue(record, type);
    } catch (ValueInstantiationException e) {
      throw damaged(file, Quoted.reason(e.getCause()), e);
    } catch (JacksonException | CharConversionException e) {
      throw damaged(file, Quoted.reason(e), e);
    }
  }

  private static UserException damaged(Path file, String reason, Throwable cause) {
    return new UserException(
        "Cannot read the record %s: %s; restore it from a copy".formatted(shown(file), reason),
        cause);
  }

  static String shown(Path path) {
    return Redaction.uri(path.toString());
  }
}
