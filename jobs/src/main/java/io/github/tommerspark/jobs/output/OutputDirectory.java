package io.github.tommerspark.jobs.output;

import io.github.tommerspark.jobs.format.InputFormat;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobPattern;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that annotate writes to: data files, of which those count that its commits name,
 * and whatever others have put there, which is left alone.
 */
public final class OutputDirectory {

  private static final Logger LOG = LoggerFactory.getLogger(OutputDirectory.class);

  private final Path path;
  private final WriteMode mode;
  private final boolean incremental;
  private final Configuration hadoop;
  private final FileSystem fs;
  private final CommitLog log;
  private OutputState state;

  private OutputDirectory(
      Path path, WriteMode mode, boolean incremental, Configuration hadoop, FileSystem fs)
      throws IOException {
    this.path = path;
    this.mode = mode;
    this.incremental = incremental;
    this.hadoop = hadoop;
    this.fs = fs;
    this.log = CommitLog.of(path, hadoop);
    this.state = log.read();
  }

  /**
   * Looks at the directory before any work is done.
   *
   * @param given where to write; relative to the driver's working directory
   * @param runId that the user gave the run; null for none
   * @throws UserException if the mode does not allow what is there
   */
  public static OutputDirectory open(
      String given, WriteMode mode, String runId, Configuration hadoop) {
    return look(given, mode, false, runId, hadoop);
  }

  /**
   * Looks at the directory of incremental runs, which add a directory per batch.
   *
   * @throws UserException if it holds data that is not theirs
   */
  public static OutputDirectory openIncremental(String given, Configuration hadoop) {
    return look(given, WriteMode.APPEND, true, null, hadoop);
  }

  /**
   * Looks at a directory of which some files are to be written anew.
   *
   * @throws UserException if no run has written to it, or it holds data that is not ours
   */
  public static OutputDirectory openToReplace(String given, Configuration hadoop) {
    try {
      Path path = path(given, hadoop);
      OutputState state = CommitLog.of(path, hadoop).read();
      if (state.newest().isEmpty()) {
        throw new UserException(
            "Cannot retry the errors of %s: no run of annotate has written to it"
                .formatted(Redaction.uri(path.toString())));
      }
      return look(given, WriteMode.OVERWRITE, state.isIncremental(), null, hadoop);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
    }
  }

  private static OutputDirectory look(
      String given, WriteMode mode, boolean incremental, String runId, Configuration hadoop) {
    try {
      OutputDirectory output = unchecked(given, mode, incremental, hadoop);
      if (output.commitOf(runId).isEmpty()) {
        output.check(output.files(""));
      }
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
    }
  }

  /** Without a look at what is in it. */
  static OutputDirectory unchecked(
      String given, WriteMode mode, boolean incremental, Configuration hadoop) throws IOException {
    Path path = path(given, hadoop);
    FileSystem fs = path.getFileSystem(hadoop);
    try {
      if (!fs.getFileStatus(path).isDirectory()) {
        throw new UserException(
            "Cannot write to %s: it is a file; --output names a directory"
                .formatted(Redaction.uri(path.toString())));
      }
    } catch (FileNotFoundException e) {
      // It will be made.
    }
    return new OutputDirectory(path, mode, incremental, hadoop, fs);
  }

  /** The absolute path of what was given. */
  public static Path path(String given, Configuration hadoop) throws IOException {
    Path path = new Path(given);
    return path.getFileSystem(hadoop).makeQualified(path);
  }

  /**
   * Makes sure that the mode allows what is there.
   *
   * @param present all data files
   */
  private void check(Map<String, Long> present) {
    if (incremental) {
      checkIncremental(present);
      return;
    }
    switch (mode) {
      case ERROR -> {
        if (state.holdsData() || present.keySet().stream().anyMatch(this::isForeign)) {
          throw new UserException(
              "Cannot write to %s: it holds data already; name another --output, or say --mode overwrite or --mode append"
                  .formatted(this));
        }
      }
      case OVERWRITE -> {
        // What is not ours would stay, and be read as if it belonged to what is written now.
        for (String name : present.keySet()) {
          if (isForeign(name) && (isData(name) || state.number() == 0 && !state.holdsData())) {
            throw new UserException(
                "Cannot overwrite %s: it holds %s, which annotate has not written; move it away yourself or name another --output"
                    .formatted(this, name));
          }
        }
      }
      case APPEND -> {
        if (state.isIncremental()) {
          throw new UserException(
              "Cannot append to %s: it belongs to incremental runs; add to it with --incremental, or name another --output"
                  .formatted(this));
        }
        Optional<String> foreign =
            present.keySet().stream().filter(name -> isForeign(name) && isData(name)).findFirst();
        if (foreign.isPresent()) {
          throw new UserException(
              state.holdsData()
                  ? "Cannot append to %s: it holds %s, which no commit names (docs/outputs.md); move it away, or name another --output"
                      .formatted(this, foreign.get())
                  : "Cannot append to %s: nothing in it tells which models its data comes from, such as %s; name another --output"
                      .formatted(this, foreign.get()));
        }
      }
    }
  }

  private void checkIncremental(Map<String, Long> present) {
    Optional<String> other =
        state.holdsData() && !state.isIncremental()
            ? state.files().keySet().stream().findFirst()
            : present.keySet().stream()
                .filter(name -> isForeign(name) && !FirstVersion.isOfBatch(name))
                .findFirst();
    if (other.isPresent()) {
      throw new UserException(
          "Cannot write to %s: it holds %s, which no incremental run wrote; name another --output"
              .formatted(this, other.get()));
    }
  }

  /** Neither ours nor, as far as its name tells, left by one of our runs. */
  private boolean isForeign(String name) {
    return !state.files().containsKey(name)
        && !state.isRetired(name)
        && WriterId.in(name).isEmpty();
  }

  private static boolean isData(String name) {
    return InputFormat.ofFileName(name.substring(name.lastIndexOf('/') + 1)).isPresent();
  }

  /**
   * Makes sure that writing does not destroy what is being read.
   *
   * @param inputs absolute paths or globs, for which it is enough that they may come to match
   */
  public void checkAgainst(List<String> inputs) {
    for (String input : inputs) {
      if (overlap(path, new Path(input))) {
        throw new UserException(
            "Cannot write to %s: it and the input %s lie inside one another; name another --output"
                .formatted(this, Redaction.uri(input)));
      }
    }
  }

  /**
   * Returns whether a directory is inside what a glob may come to match, or the other way round.
   *
   * @param path absolute
   * @param glob absolute
   */
  public static boolean overlap(Path path, Path glob) {
    if (!Objects.equals(path.toUri().getScheme(), glob.toUri().getScheme())
        || !Objects.equals(path.toUri().getAuthority(), glob.toUri().getAuthority())) {
      return false;
    }
    String[] own = path.toUri().getPath().split("/");
    return expanded(glob.toUri().getPath()).stream()
        .map(pattern -> pattern.split("/"))
        .anyMatch(
            theirs ->
                IntStream.range(0, Math.min(own.length, theirs.length))
                    .allMatch(i -> matches(theirs[i], own[i])));
  }

  private static List<String> expanded(String glob) {
    try {
      return GlobExpander.expand(glob);
    } catch (IOException e) {
      return List.of(glob);
    }
  }

  private static boolean matches(String glob, String name) {
    if (glob.equals(name)) {
      return true;
    }
    try {
      return new GlobPattern(glob).matches(name);
    } catch (RuntimeException e) {
      // No glob after all.
      return false;
    }
  }

  /**
   * Makes sure that what is to be written may stand beside what is there.
   *
   * @param planned the provenance of this run, as far as it is known
   */
  public void checkAgainst(Provenance planned) {
    if (mode == WriteMode.APPEND && state.newest().isPresent()) {
      checkFits(planned, state.newest().get());
    }
  }

  private void checkFits(Provenance planned, Provenance there) {
    Optional<String> difference = planned.difference(there);
    if (difference.isPresent()) {
      throw new UserException(
          "Cannot append to %s: %s; name another --output".formatted(this, difference.get()));
    }
  }

  /**
   * The commit of the run that the user gave this id, if its data is in the output.
   *
   * @param runId null for none
   */
  public Optional<Commit> commitOf(String runId) throws IOException {
    Optional<Long> number = state.commitOf(runId);
    return number.isEmpty() ? Optional.empty() : log.commit(number.get());
  }

  /**
   * Begins to write: announces this writer, and removes what dead ones have left.
   *
   * @throws UserException if somebody else is writing there, or has changed what is there so that
   *     the mode does not allow it any more
   */
  public OutputWriter begin() throws IOException {
    return begin(Writers.Timing.DEFAULT);
  }

  OutputWriter begin(Writers.Timing timing) throws IOException {
    try {
      OutputWriter writer = OutputWriter.begin(this, WriterId.next(Instant.now()), timing);
      boolean begun = false;
      try {
        state = writer.state();
        check(writer.present());
        begun = true;
        return writer;
      } finally {
        if (!begun) {
          writer.close();
        }
      }
    } catch (IOException e) {
      throw new UserException("Cannot write to %s: %s".formatted(this, e.getMessage()), e);
    }
  }

  /** Does what a run that has committed may have left undone, unless somebody else is writing. */
  public void tidy() throws IOException {
    try (OutputWriter writer =
        OutputWriter.begin(this, WriterId.next(Instant.now()), Writers.Timing.DEFAULT)) {
      state = writer.state();
      writer.markSuccess();
    } catch (UserException e) {
      LOG.info("Nothing is removed from {}: {}", this, e.getMessage());
    }
  }

  /** The output as it is now: of its commits, those are read that have come since the last look. */
  OutputState current() throws IOException {
    if (state.number() == 0) {
      state = log.read();
    } else {
      log.catchUp(state);
    }
    return state;
  }

  /** The output as it was when it was last looked at. */
  public OutputState state() {
    return state;
  }

  WriteMode mode() {
    return mode;
  }

  boolean isIncremental() {
    return incremental;
  }

  /** Its commits. */
  public CommitLog log() {
    return log;
  }

  FileSystem fs() {
    return fs;
  }

  Configuration hadoop() {
    return hadoop;
  }

  /** Returns the location of the output, with its scheme. */
  public Path path() {
    return path;
  }

  @Override
  public String toString() {
    return Redaction.uri(path.toString());
  }

  /**
   * Data files by path relative to the output, with their sizes in bytes; nothing that begins with
   * _ or a dot.
   *
   * @param directory in the output; empty for all of it
   */
  Map<String, Long> files(String directory) throws IOException {
    Map<String, Long> files = new TreeMap<>();
    Path where = directory.isEmpty() ? path : new Path(path, directory);
    String prefix = directory.isEmpty() ? "" : directory + "/";
    if (ObjectStore.holds(fs, path)) {
      list(where, prefix, files);
    } else {
      collect(where, prefix, files);
    }
    return files;
  }

  /** A store of objects lists a tree as fast as a directory. */
  private void list(Path where, String prefix, Map<String, Long> files) throws IOException {
    try {
      RemoteIterator<LocatedFileStatus> all = fs.listFiles(where, true);
      int begin = where.toUri().getPath().length() + 1;
      while (all.hasNext()) {
        LocatedFileStatus status = all.next();
        String name = status.getPath().toUri().getPath().substring(begin);
        if (Arrays.stream(name.split("/")).noneMatch(OutputDirectory::isHidden)) {
          files.put(prefix + name, status.getLen());
        }
      }
    } catch (FileNotFoundException e) {
      // Nothing is there.
    }
  }

  private static boolean isHidden(String name) {
    return name.startsWith("_") || name.startsWith(".");
  }

  private void collect(Path directory, String prefix, Map<String, Long> files) throws IOException {
    FileStatus[] found;
    try {
      found = fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return;
    }
    for (FileStatus status : found) {
      String name = status.getPath().getName();
      if (isHidden(name)) {
        continue;
      }
      if (status.isDirectory()) {
        collect(status.getPath(), prefix + name + "/", files);
      } else {
        files.put(prefix + name, status.getLen());
      }
    }
  }
}
