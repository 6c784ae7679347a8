package io.github.tommerspark.jobs.annotate;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.MortalFileSystem;
import io.github.tommerspark.jobs.TableJars;
import io.github.tommerspark.jobs.format.OutputFormat;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link KillMatrix} on a local disk. */
class KillMatrixTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "NEW, PARQUET, 2",
    "APPEND, PARQUET, 2",
    "OVERWRITE, PARQUET, 2",
    "INCREMENTAL, PARQUET, 2",
    "NEW, ICEBERG, 1",
    "APPEND, ICEBERG, 1",
    "OVERWRITE, ICEBERG, 1",
    "INCREMENTAL, ICEBERG, 1",
    "APPEND, DELTA, 1",
    "INCREMENTAL, DELTA, 1"
  })
  void aJobThatDiesIsMadeGoodByOneMore(KillMatrix.Mode mode, OutputFormat format, int times)
      throws Exception {
    kill(mode, format, times, false);
  }

  @ParameterizedTest
  @EnumSource
  void aWriterThatDiesIsMadeGoodByOneMore(KillMatrix.Mode mode) throws Exception {
    kill(mode, OutputFormat.PARQUET, 12, true);
  }

  /** Prints rows of the table in docs/outputs.md. */
  @ParameterizedTest
  @EnumSource
  @Tag("soak")
  void writersAtAllPoints(KillMatrix.Mode mode) throws Exception {
    System.out.println("\n" + kill(mode, OutputFormat.PARQUET, 220, true));
  }

  /** Prints rows of the table in docs/outputs.md. */
  @ParameterizedTest
  @CsvSource({
    "NEW, PARQUET, 50",
    "APPEND, PARQUET, 50",
    "OVERWRITE, PARQUET, 50",
    "INCREMENTAL, PARQUET, 50",
    "NEW, ICEBERG, 20",
    "APPEND, ICEBERG, 20",
    "OVERWRITE, ICEBERG, 20",
    "INCREMENTAL, ICEBERG, 20",
    "NEW, DELTA, 10",
    "APPEND, DELTA, 10",
    "OVERWRITE, DELTA, 10",
    "INCREMENTAL, DELTA, 10"
  })
  @Tag("soak")
  void jobsAtAllPoints(KillMatrix.Mode mode, OutputFormat format, int times) throws Exception {
    System.out.println("\n" + kill(mode, format, times, false));
  }

  private KillMatrix.Outcome kill(
      KillMatrix.Mode mode, OutputFormat format, int times, boolean writersAlone) throws Exception {
    if (format.isTable()) {
      TableJars.assume();
      // For tables of any size, Delta's default is fifty tasks to read a log of one line.
      spark.conf().set("spark.databricks.delta.snapshotPartitions", "2");
    }
    KillMatrix.Store local =
        new KillMatrix.Store(
            "local disk",
            MortalFileSystem.SCHEME + "://" + folder,
            "file://" + folder,
            spark.sparkContext().hadoopConfiguration());
    try (KillMatrix matrix = new KillMatrix(spark, folder, local, writersAlone)) {
      return matrix.kill(mode, format, times);
    }
  }
}
