package io.github.tommerspark.jobs.output;

import io.github.tommerspark.message.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An output that version 0.1 wrote: data files, and one {@code _tommer/run-….json} for each run or
 * batch, which names its files.
 *
 * @param output the directory
 * @param runs whose files are all there, from the oldest to the newest
 * @param files of these, by path relative to the output, with their sizes in bytes
 * @param batches of incremental runs, by series
 */
record FirstVersion(
    Path output, List<Provenance> runs, Map<String, Long> files, Map<String, List<Long>> batches) {

  private static final Logger LOG = LoggerFactory.getLogger(FirstVersion.class);

  private static final Pattern RECORD = Pattern.compile("run-.+\\.json");
  private static final Pattern BATCH = Pattern.compile("(\\d{4}-\\w+)-batch-(\\d+)");

  /** Files of batches: what else lies there was left by a run that was killed. */
  private static final Pattern IN_BATCH = Pattern.compile("run=(\\d{4}-\\w+)/batch=\\d+/part-.*");

  /**
   * Reads the records.
   *
   * @return empty if there is none
   * @throws UserException if one cannot be read, or names a file that is not there
   */
  static Optional<FirstVersion> read(Path output, Configuration hadoop) throws IOException {
    List<Path> records = records(output, hadoop);
    if (records.isEmpty()) {
      return Optional.empty();
    }
    FileSystem fs = output.getFileSystem(hadoop);
    FirstVersion found =
        new FirstVersion(output, new ArrayList<>(), new TreeMap<>(), new TreeMap<>());
    for (Path file : records) {
      Provenance run = parse(file, fs);
      Matcher batch = BATCH.matcher(String.valueOf(run.run()));
      Map<String, Long> its = run.output().files();
      Optional<String> missing = missing(fs, output, its);
      if (missing.isPresent() && batch.matches()) {
        // It was being done again when that run was killed, and will be once more.
        LOG.warn(
            "{} names {}, which is not there: the batch does not count as written",
            CommitLog.shown(file),
            missing.get());
        continue;
      } else if (missing.isPresent()) {
        throw new UserException(
            "Cannot use %s: %s names %s, which is not there; restore the file, or remove the output"
                .formatted(CommitLog.shown(output), file.getName(), missing.get()));
      }
      found.runs.add(run);
      found.files.putAll(its);
      if (batch.matches()) {
        found
            .batches
            .computeIfAbsent(batch.group(1), series -> new ArrayList<>())
            .add(Long.parseLong(batch.group(2)));
      }
    }
    return Optional.of(found);
  }

  private static Optional<String> missing(FileSystem fs, Path output, Map<String, Long> files)
      throws IOException {
    for (String name : files.keySet()) {
      if (!fs.exists(new Path(output, name))) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /** The records, by name, which is by age. */
  static List<Path> records(Path output, Configuration hadoop) throws IOException {
    List<Path> records = new ArrayList<>();
    Path folder = new Path(output, Provenance.FOLDER);
    try {
      for (FileStatus file : folder.getFileSystem(hadoop).listStatus(folder)) {
        if (file.isFile() && RECORD.matcher(file.getPath().getName()).matches()) {
          records.add(file.getPath());
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    records.sort(Comparator.comparing(Path::getName));
    return records;
  }

  private static Provenance parse(Path file, FileSystem fs) throws IOException {
    byte[] content = CommitStore.read(fs, file);
    if (content == null) {
      throw new FileNotFoundException(file.toString());
    }
    return CommitLog.parse(file, content, Provenance.class);
  }

  /** The output as these runs left it, as if it had a commit of number 0. */
  OutputState state() {
    OutputState state = new OutputState();
    state.begin(files, batches, newest());
    return state;
  }

  /**
   * The commit that records them.
   *
   * @param present all data files in the output, by path relative to it
   */
  Commit record(String writer, String time, Iterable<String> present) {
    List<String> left = new ArrayList<>();
    for (String name : present) {
      Matcher batch = IN_BATCH.matcher(name);
      if (batch.matches() && !files.containsKey(name) && WriterId.in(name).isEmpty()) {
        left.add(name);
      }
    }
    return new Commit(
        Commit.FORMAT,
        1,
        Commit.Operation.RECORD,
        time,
        writer,
        null,
        files,
        left,
        List.of(),
        batches,
        newest());
  }

  /** The provenance of a batch. */
  Optional<Provenance> batch(String series, long batch) {
    String name = String.format(Locale.ROOT, "%s-batch-%06d", series, batch);
    return runs.stream().filter(run -> name.equals(run.run())).findFirst();
  }

  /** Returns whether a file lies where version 0.1 wrote the files of a batch. */
  static boolean isOfBatch(String name) {
    return IN_BATCH.matcher(name).matches();
  }

  private Provenance newest() {
    return runs.isEmpty() ? null : runs.get(runs.size() - 1);
  }
}
