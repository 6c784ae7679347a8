package io.github.tommerspark.jobs.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.message.UserException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableFormatTest {

  @ParameterizedTest
  @CsvSource({
    "ICEBERG, 3.5.9, 'them, such as by --packages org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.1'",
    "DELTA, 3.5.4-amzn-0, 'them, such as by --packages io.delta:delta-spark_2.12:3.3.2'",
    "ICEBERG, 4.1.0, 'them, such as by --packages org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0'",
    "DELTA, 4.1.4, 'them, such as by --packages io.delta:delta-spark_4.1_2.13:4.4.0'",
    "ICEBERG, 4.10.1, those that are made for Spark 4.10",
  })
  void jarsAreThoseOfTheSparkThatRuns(TableFormat format, String spark, String jars) {
    assertThat(format.jarsFor(spark)).isEqualTo(jars);
  }

  @ParameterizedTest
  @CsvSource({
    "ICEBERG, 3.5.7, snapshot-id, 17, snapshot-id, 17",
    "ICEBERG, 4.1.0, snapshot-id, 17, versionAsOf, 17",
    "ICEBERG, 4.1.0, Branch, audit, versionAsOf, audit",
    "ICEBERG, 4.1.0, as-of-timestamp, 1500, timestampAsOf, 1970-01-01T00:00:01.500Z",
    "ICEBERG, 4.1.0, split-size, 5, split-size, 5",
    "DELTA, 4.1.0, versionAsOf, 17, versionAsOf, 17",
  })
  void snapshotsAreChosenByOptionsThatTheReaderTakes(
      TableFormat format, String spark, String option, String value, String read, String as) {
    assertThat(format.readerOptions(Map.of(option, value), spark)).isEqualTo(Map.of(read, as));
  }

  @Test
  void onlyOneSnapshotIsRead() {
    Map<String, String> two = Map.of("branch", "audit", "snapshot-id", "17");
    assertThatThrownBy(() -> TableFormat.ICEBERG.readerOptions(two, "4.1.0"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("more than one snapshot");
  }
}
