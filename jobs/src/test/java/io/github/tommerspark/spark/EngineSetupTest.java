package io.github.tommerspark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.SparkConf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineSetupTest {

  @ParameterizedTest
  @CsvSource({
    // master, spark.task.cpus, processors, threads
    "local[*], 1, 8, 1",
    "local[*], 4, 8, 4",
    "local[2], 1, 8, 4",
    "local[3], 1, 8, 2",
    "local[16], 1, 8, 1",
    "'local[2,4]', 1, 2, 1",
    "local, 1, 8, 8",
    "spark://host:7077, 1, 8, 1",
    "spark://host:7077, 3, 8, 3",
    "'local-cluster[2,1,1024]', 1, 8, 1",
    "yarn, 2, 64, 2",
    "yarn, 8, 4, 4",
  })
  void tasksTimesThreadsNeverExceedTheCores(
      String master, String taskCpus, int processors, int threads) {
    SparkConf conf =
        new SparkConf(false).set("spark.master", master).set("spark.task.cpus", taskCpus);
    assertThat(EngineSetup.threads(conf, processors)).isEqualTo(threads);
  }
}
