package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.gold.TypeMap;
import io.github.tommerspark.jobs.LocalSpark;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldDataTest {

  @TempDir private Path folder;

  @Test
  void aColumnMayHaveABacktickInItsName() throws Exception {
    SparkSession spark = LocalSpark.session();
    Path file = folder.resolve("gold.parquet");
    spark
        .sql(
            "SELECT 'Paris' AS text, array(named_struct('start', 0, 'end', 5, 'type', 'city')) AS `go``ld`")
        .write()
        .parquet(file.toString());
    GoldData data =
        GoldData.read(
                spark,
                Map.of("set", List.of(file.toString())),
                new GoldReading(GoldSource.PARQUET, "go`ld", TypeMap.NONE))
            .get(0);
    assertThat(data.documents()).hasSize(1);
    assertThat(data.documents().get(0).mentions()).hasSize(1);
  }
}
