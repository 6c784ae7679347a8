package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.LocalSpark;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class PartitioningTest {

  private final SparkSession spark = LocalSpark.session();

  @Test
  void rowsAreShuffledOnlyIfAskedTo() {
    Dataset<Row> rows = spark.range(0, 100, 1, 4).toDF("n");
    assertThat(Partitioning.of(rows, 0).rdd().getNumPartitions()).isEqualTo(4);
    assertThat(Partitioning.of(rows, 7).rdd().getNumPartitions()).isEqualTo(7);
    assertThat(Partitioning.of(rows, 7).count()).isEqualTo(100);
  }

  @Test
  void slotsWithoutATaskAreWorthAWarning() {
    assertThat(Partitioning.warning(1, 8))
        .contains("The input makes 1 task(s) for 8 slots: --repartition 24 would use them all");
    assertThat(Partitioning.warning(8, 8)).isEmpty();
    assertThat(Partitioning.warning(9, 8)).isEmpty();
  }

  @Test
  void aSlotHasTheCoresOfATask() {
    assertThat(Partitioning.slots(spark.sparkContext())).isEqualTo(2);
    spark.sparkContext().conf().set("spark.task.cpus", "2");
    try {
      assertThat(Partitioning.slots(spark.sparkContext())).isEqualTo(1);
    } finally {
      spark.sparkContext().conf().remove("spark.task.cpus");
    }
  }
}
