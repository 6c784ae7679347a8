package io.github.tommerspark.jobs.judge;

import io.github.tommerspark.jobs.output.ResultPlace;
import io.github.tommerspark.jobs.output.WholeFile;
import io.github.tommerspark.message.Redaction;
import io.github.tommerspark.message.UserException;
import io.github.tommerspark.results.ResultJson;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The output of the judge job: {@code judge.json}, written last, and {@code verdicts}, Parquet.
 * Nothing else in the directory is touched.
 */
final class JudgeOutput {

  /** The verdicts, a row for each mention; offsets in code points, end exclusive. */
  static final StructType VERDICTS =
      new StructType()
          .add("model", DataTypes.StringType, false)
          .add("id", DataTypes.StringType, false)
          .add("start", DataTypes.IntegerType, false)
          .add("end", DataTypes.IntegerType, false)
          .add("text", DataTypes.StringType, false)
          .add("score", DataTypes.FloatType, true)
          .add("verdict", DataTypes.BooleanType, true)
          .add("answer", DataTypes.StringType, false)
          .add("excerpt", DataTypes.StringType, false);

  private final FileSystem fs;
  private final Path summary;
  private final Path verdicts;

  private JudgeOutput(FileSystem fs, Path directory) {
    this.fs = fs;
    this.summary = new Path(directory, "judge.json");
    this.verdicts = new Path(directory, "verdicts");
  }

  /**
   * Looks at the directory before any work is done.
   *
   * @param place where to write
   * @throws UserException if something is in the way
   */
  static JudgeOutput open(ResultPlace place, Configuration hadoop) {
    try {
      Path path = new Path(place.path());
      FileSystem fs = path.getFileSystem(hadoop);
      JudgeOutput output = new JudgeOutput(fs, fs.makeQualified(path));
      String shown = Redaction.uri(fs.makeQualified(path).toString());
      if (fs.exists(path) && !fs.getFileStatus(path).isDirectory()) {
        throw new UserException(
            "Cannot write to %s: it is a file; --output names a directory".formatted(shown));
      }
      boolean earlier = fs.exists(output.summary);
      if (earlier && !place.overwrite()) {
        throw new UserException(
            "Cannot write to %s: it holds a judge.json already; name another --output or say --overwrite"
                .formatted(shown));
      }
      // Without a judge.json beside it, it is not certain to be ours.
      if (!earlier && fs.exists(output.verdicts)) {
        throw new UserException(
            "Cannot write to %s: it holds verdicts without a judge.json; delete them or name another --output"
                .formatted(shown));
      }
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "Cannot write to %s: %s".formatted(Redaction.uri(place.path()), e.getMessage()), e);
    }
  }

  /** Writes both. */
  void write(SparkSession spark, List<Row> rows, JudgeResult result) throws IOException {
    spark
        .createDataFrame(rows, VERDICTS)
        .coalesce(1)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(verdicts.toString());
    WholeFile.write(fs, summary, ResultJson.write(result));
  }
}
