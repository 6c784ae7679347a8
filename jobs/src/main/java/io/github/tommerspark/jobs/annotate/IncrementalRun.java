package io.github.tommerspark.jobs.annotate;

import com.fasterxml.jackson.core.JacksonException;
import io.github.tommerspark.jobs.output.Provenance;
import io.github.tommerspark.jobs.output.WholeFile;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.source.Quoted;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The settings that the first of a series of incremental runs fixes for all that follow, kept
 * beside the checkpoint as {@code <checkpoint>/<id>.json}. Spark's own bookkeeping is in {@code
 * <checkpoint>/<id>/}. Another series in the same output has another, higher id.
 *
 * @param id names the series, and its directory in the output; ids sort by age
 * @param output that it writes to
 * @param inputs that it reads, in this order, by which Spark's bookkeeping knows them
 * @param format of the files
 * @param schema of the rows as they are read, as Spark writes schemas in JSON
 * @param textColumn that is annotated
 * @param planned provenance of the first run, against which later ones are compared
 */
record IncrementalRun(
    String id,
    String output,
    List<String> inputs,
    String format,
    String schema,
    String textColumn,
    Provenance planned) {

  private static final String SUFFIX = ".json";

  IncrementalRun {
    inputs = List.copyOf(inputs);
  }

  /** The id of the series after that one, or of the first. */
  static String nextId(Optional<IncrementalRun> before) {
    int number = before.map(run -> Integer.parseInt(run.id().substring(0, 4)) + 1).orElse(1);
    return String.format(
        Locale.ROOT, "%04d-%s", number, UUID.randomUUID().toString().substring(0, 8));
  }

  /**
   * The latest series of a checkpoint.
   *
   * @throws UserException if what is there cannot be read
   */
  static Optional<IncrementalRun> latest(Path checkpoint, Configuration hadoop) throws IOException {
    Path latest = null;
    try {
      for (FileStatus file : checkpoint.getFileSystem(hadoop).listStatus(checkpoint)) {
        String name = file.getPath().getName();
        if (name.matches("\\d{4}-\\w+\\.json")
            && (latest == null || name.compareTo(latest.getName()) > 0)) {
          latest = file.getPath();
        }
      }
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
    if (latest == null) {
      return Optional.empty();
    }
    try (InputStream in = checkpoint.getFileSystem(hadoop).open(latest)) {
      return Optional.of(Provenance.JSON.readValue(in, IncrementalRun.class));
    } catch (JacksonException e) {
      throw new UserException(
          "Cannot read the checkpoint %s: %s; restore it, or begin again with --new-output"
              .formatted(Redaction.uri(latest.toString()), Quoted.reason(e)),
          e);
    }
  }

  /** Writes it, under its final name at once. */
  void write(Path checkpoint, Configuration hadoop) throws IOException {
    FileSystem fs = checkpoint.getFileSystem(hadoop);
    fs.mkdirs(checkpoint);
    WholeFile.write(fs, new Path(checkpoint, id + SUFFIX), Provenance.JSON.writeValueAsBytes(this));
  }

  /** Returns the directory of Spark's bookkeeping of this series. */
  Path bookkeeping(Path checkpoint) {
    return new Path(checkpoint, id);
  }

  /** The directory of the series, by name, in the output. */
  String directory() {
    return "run=" + id;
  }
}
