package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SaveMode;

/** The directory that a run writes to: what is in it before, and what has been added after. */
public final class OutputDirectory {

  /** Directories of incremental runs begin with this. */
  private static final String RUN = "run=";

  private final Path path;
  private final WriteMode mode;
  private final Configuration hadoop;
  private final FileSystem fs;
  private final Map<String, Long> before;

  private OutputDirectory(
      Path path, WriteMode mode, Configuration hadoop, FileSystem fs, Map<String, Long> before) {
    this.path = path;
    this.mode = mode;
    this.hadoop = hadoop;
    this.fs = fs;
    this.before = before;
  }

  /**
   * Looks at the directory before any work is done.
   *
   * @param given where to write; relative to the driver's working directory
   * @throws UserException if the mode does not allow what is there
   */
  public static OutputDirectory open(String given, WriteMode mode, Configuration hadoop) {
    return open(
        given,
        mode,
        hadoop,
        name -> new Path(name).getName().startsWith("part-"),
        "--mode overwrite or --mode append");
  }

  /**
   * As {@link #open(String, WriteMode, Configuration)}, for jobs that write other files than
   * Spark's alone.
   *
   * @param replaceable which files, by path relative to the directory, may be overwritten
   */
  public static OutputDirectory open(
      String given, WriteMode mode, Configuration hadoop, Predicate<String> replaceable) {
    return open(given, mode, hadoop, replaceable, "--mode overwrite");
  }

  private static OutputDirectory open(
      String given,
      WriteMode mode,
      Configuration hadoop,
      Predicate<String> replaceable,
      String remedy) {
    try {
      OutputDirectory output = look(given, mode, hadoop);
      WriterLock.refuseIfHeld(output.path, hadoop, WriterLock.Timing.DEFAULT);
      output.checkMode(replaceable, remedy);
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw unwritable(given, e);
    }
  }

  /**
   * Looks at the directory of incremental runs, which add a directory per batch.
   *
   * @throws UserException if it holds data that is not theirs
   */
  public static OutputDirectory openIncremental(String given, Configuration hadoop) {
    try {
      OutputDirectory output = look(given, WriteMode.APPEND, hadoop);
      for (String name : output.before.keySet()) {
        if (!name.startsWith(RUN)) {
          throw new UserException(
              "Cannot write to %s: it holds %s, which no incremental run wrote; name another --output"
                  .formatted(output, name));
        }
      }
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw unwritable(given, e);
    }
  }

  private static OutputDirectory look(String given, WriteMode mode, Configuration hadoop)
      throws IOException {
    Path path = path(given, hadoop);
    FileSystem fs = path.getFileSystem(hadoop);
    if (fs.exists(path) && !fs.getFileStatus(path).isDirectory()) {
      throw new UserException(
          "Cannot write to %s: it is a file; --output names a directory"
              .formatted(Redaction.uri(path.toString())));
    }
    return new OutputDirectory(path, mode, hadoop, fs, files(fs, path));
  }

  private static UserException unwritable(String given, Exception e) {
    return new UserException(
        "Cannot write to %s: %s".formatted(Redaction.uri(given), e.getMessage()), e);
  }

  /** The absolute path of what was given. */
  public static Path path(String given, Configuration hadoop) throws IOException {
    Path path = new Path(given);
    return path.getFileSystem(hadoop).makeQualified(path);
  }

  private void checkMode(Predicate<String> replaceable, String remedy) throws IOException {
    switch (mode) {
      case ERROR -> {
        if (!before.isEmpty()) {
          throw new UserException(
              "Cannot write to %s: it holds data already; name another --output, or say %s"
                  .formatted(this, remedy));
        }
      }
      case OVERWRITE -> {
        // Overwriting deletes the directory: a mistyped path must not cost anybody their files.
        for (String name : before.keySet()) {
          if (!replaceable.test(name)) {
            throw new UserException(
                "Cannot overwrite %s: it holds %s, which this job does not write; delete the directory yourself or name another --output"
                    .formatted(this, name));
          }
        }
      }
      case APPEND -> {
        if (before.keySet().stream().anyMatch(name -> name.startsWith(RUN))) {
          throw new UserException(
              "Cannot append to %s: it belongs to incremental runs; add to it with --incremental, or name another --output"
                  .formatted(this));
        }
        if (!before.isEmpty() && Provenance.newest(path, hadoop).isEmpty()) {
          throw new UserException(
              "Cannot append to %s: nothing in it tells which models its data comes from (no %s/run-*.json); name another --output"
                  .formatted(this, Provenance.FOLDER));
        }
      }
    }
  }

  /**
   * Makes sure that writing does not destroy what is being read.
   *
   * @param inputs absolute paths
   */
  public void checkAgainst(List<String> inputs) {
    String own = path.toUri().getPath() + "/";
    for (String input : inputs) {
      Path other = new Path(input);
      String theirs = other.toUri().getPath() + "/";
      boolean sameStore =
          Objects.equals(path.toUri().getScheme(), other.toUri().getScheme())
              && Objects.equals(path.toUri().getAuthority(), other.toUri().getAuthority());
      if (sameStore && (theirs.startsWith(own) || own.startsWith(theirs))) {
        throw new UserException(
            "Cannot write to %s: it and the input %s lie inside one another; name another --output"
                .formatted(this, Redaction.uri(input)));
      }
    }
  }

  /**
   * Makes sure that what is to be written may stand beside what is there.
   *
   * @param planned the provenance of this run, as far as it is known
   */
  public void checkAgainst(Provenance planned) throws IOException {
    if (mode != WriteMode.APPEND || before.isEmpty()) {
      return;
    }
    Optional<String> difference = planned.difference(Provenance.newest(path, hadoop).orElseThrow());
    if (difference.isPresent()) {
      throw new UserException(
          "Cannot append to %s: %s; name another --output".formatted(this, difference.get()));
    }
  }

  /** How Spark is to write, given what was found. */
  public SaveMode saveMode() throws IOException {
    return switch (mode) {
      case OVERWRITE -> SaveMode.Overwrite;
      case APPEND -> SaveMode.Append;
        // A directory without data, such as a failed run leaves behind, is as good as none.
      case ERROR -> fs.exists(path) ? SaveMode.Append : SaveMode.ErrorIfExists;
    };
  }

  /** Data files that were not there before, by name, with their sizes in bytes. */
  public Map<String, Long> added() throws IOException {
    Map<String, Long> now = files(fs, path);
    if (mode == WriteMode.APPEND) {
      now.keySet().removeAll(before.keySet());
    }
    return now;
  }

  /**
   * Makes the directory, empty of what it may overwrite.
   *
   * @return the directory
   */
  public Path emptied() throws IOException {
    if (mode == WriteMode.OVERWRITE) {
      fs.delete(path, true);
    }
    fs.mkdirs(path);
    return path;
  }

  /** Whether there was data, in all of it or in a directory of it. */
  public boolean hadData(String directory) {
    return before.keySet().stream().anyMatch(name -> name.startsWith(directory));
  }

  /** Data files in a directory of it, by path relative to the whole, with their sizes in bytes. */
  public Map<String, Long> filesIn(String directory) throws IOException {
    Map<String, Long> files = new TreeMap<>();
    collect(fs, new Path(path, directory), directory + "/", files);
    return files;
  }

  /** Where it is, with its scheme. */
  public Path path() {
    return path;
  }

  @Override
  public String toString() {
    return Redaction.uri(path.toString());
  }

  /** Data files by path relative to the directory; nothing that begins with _ or a dot. */
  private static Map<String, Long> files(FileSystem fs, Path directory) throws IOException {
    Map<String, Long> files = new TreeMap<>();
    if (fs.exists(directory)) {
      collect(fs, directory, "", files);
    }
    return files;
  }

  private static void collect(FileSystem fs, Path directory, String prefix, Map<String, Long> files)
      throws IOException {
    for (FileStatus status : fs.listStatus(directory)) {
      String name = status.getPath().getName();
      if (name.startsWith("_") || name.startsWith(".")) {
        continue;
      }
      if (status.isDirectory()) {
        collect(fs, status.getPath(), prefix + name + "/", files);
      } else {
        files.put(prefix + name, status.getLen());
      }
    }
  }
}
