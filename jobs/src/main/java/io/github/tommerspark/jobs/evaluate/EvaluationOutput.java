package io.github.tommerspark.jobs.evaluate;

import io.github.tommerspark.eval.EvaluationTable;
import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.jobs.output.WholeFile;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.results.EvaluationFile;
import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The directory that an evaluation is written to: one JSON file, and a CSV file per model. */
final class EvaluationOutput {

  /** Everything. */
  static final String JSON_FILE = "evaluation.json";

  private final Path path;
  private final FileSystem fs;

  private EvaluationOutput(Path path, FileSystem fs) {
    this.path = path;
    this.fs = fs;
  }

  /**
   * Looks at the directory before any work is done.
   *
   * @param place where to write; relative to the driver's working directory
   * @throws UserException if there is one and it may not, or a file of that name
   */
  static EvaluationOutput open(ResultPlace place, Configuration hadoop) {
    try {
      Path path = new Path(place.path());
      FileSystem fs = path.getFileSystem(hadoop);
      EvaluationOutput output = new EvaluationOutput(fs.makeQualified(path), fs);
      if (fs.exists(path) && !fs.getFileStatus(path).isDirectory()) {
        throw new UserException(
            "Cannot write to %s: it is a file; --output names a directory".formatted(output));
      }
      if (!place.overwrite() && fs.exists(new Path(path, JSON_FILE))) {
        throw new UserException(
            "Cannot write to %s: it holds an evaluation already; name another --output, or say --overwrite"
                .formatted(output));
      }
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(place.path()), e.getMessage()), e);
    }
  }

  /** Writes the tables, and last the JSON file, under its name at once. */
  void write(EvaluationFile evaluation, Map<String, EvaluationTable> tables) throws IOException {
    fs.mkdirs(path);
    for (Map.Entry<String, EvaluationTable> table : tables.entrySet()) {
      WholeFile.write(
          fs,
          new Path(path, table.getKey() + ".csv"),
          table.getValue().csv().getBytes(StandardCharsets.UTF_8));
    }
    WholeFile.write(fs, new Path(path, JSON_FILE), ResultJson.write(evaluation));
  }

  @Override
  public String toString() {
    return Redaction.uri(path.toString());
  }
}
