package io.github.tommerspark.jobs.agree;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Files with the mentions of one model as the published implementation writes them (llm2ner's
 * {@code InferredDataset.to_json}): one JSON object whose {@code samples} have a {@code data_id}, a
 * {@code text} and {@code pred_entities} with {@code pos} in code points, half open.
 */
final class UpstreamInferences {

  static final String ID = "data_id";
  static final String TEXT = "text";
  static final String MENTIONS = "mentions";

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "samples array<struct<data_id: string, text: string,"
              + " pred_entities: array<struct<name: string, score: double, pos: array<int>>>>>");

  private UpstreamInferences() {}

  /**
   * Reads a file of that kind as rows with the columns {@link #ID}, {@link #TEXT} and {@link
   * #MENTIONS}.
   *
   * @param given path of any file or directory
   * @return its rows; nothing if it is something else
   */
  static Optional<Dataset<Row>> read(SparkSession spark, String given) throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Path path = new Path(given);
    FileSystem fs = path.getFileSystem(hadoop);
    FileStatus[] found = fs.globStatus(fs.makeQualified(path));
    if (found == null
        || found.length != 1
        || !found[0].isFile()
        || !path.getName().endsWith(".json")) {
      return Optional.empty();
    }
    Dataset<Row> file =
        spark
            .read()
            .schema(SCHEMA)
            .option("multiLine", true)
            .option("maxStringLen", Integer.MAX_VALUE)
            .json(found[0].getPath().toString())
            .where("samples is not null");
    if (file.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        file.select(explode(col("samples")).as("s"))
            .selectExpr(
                "s.data_id as " + ID,
                "s.text as " + TEXT,
                "transform(s.pred_entities, e -> struct(get(e.pos, 0) as start, get(e.pos, 1) as end,"
                    + " e.name as text, cast(e.score as float) as score)) as "
                    + MENTIONS));
  }
}
