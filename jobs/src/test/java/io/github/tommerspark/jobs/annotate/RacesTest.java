package io.github.tommerspark.jobs.annotate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.LocalSpark;
import io.github.tommerspark.jobs.annotate.Races.Mode;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link Races} on a local disk. */
class RacesTest {

  private static final int OFTEN = 200;

  private final SparkSession spark = LocalSpark.session();

  @TempDir private Path folder;

  @Test
  void appendsAtATimeBothLandWhole() throws Exception {
    try (Races races = races()) {
      assertThat(races.race(Mode.APPEND, Mode.APPEND, 3).both()).isEqualTo(3);
    }
  }

  @Test
  void ofOthersAtATimeOneWinsAtMost() throws Exception {
    try (Races races = races()) {
      races.race(Mode.NEW, Mode.NEW, 2);
      races.race(Mode.OVERWRITE, Mode.APPEND, 1);
      races.race(Mode.OVERWRITE, Mode.OVERWRITE, 1);
      races.race(Mode.OVERWRITE, Mode.INCREMENTAL, 1);
    }
  }

  @Test
  @Tag("soak")
  void eachPairOfModesOften() throws Exception {
    try (Races races = races()) {
      for (Mode one : Mode.values()) {
        for (Mode other : Mode.values()) {
          if (one.compareTo(other) <= 0) {
            System.out.println("\n" + races.race(one, other, OFTEN));
          }
        }
      }
    }
  }

  private Races races() throws Exception {
    String local = "file://" + folder;
    return new Races(
        spark,
        folder,
        new KillMatrix.Store(
            "local disk", local, local, spark.sparkContext().hadoopConfiguration()));
  }
}
