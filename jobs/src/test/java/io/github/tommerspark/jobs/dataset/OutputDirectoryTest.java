package io.github.tommerspark.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.jobs.cli.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SaveMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirectoryTest {

  @TempDir private Path folder;

  @Test
  void whatIsThereIsNotTouchedUnlessAsked() throws IOException {
    write("out/part-0.parquet");
    assertThatThrownBy(() -> open("out", WriteMode.ERROR))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot write to file:.*/out: it holds data already; name another --output, or say --mode overwrite or --mode append");
    assertThat(open("out", WriteMode.OVERWRITE).saveMode()).isEqualTo(SaveMode.Overwrite);
  }

  @Test
  void whatAFailedRunLeftIsNoData() throws IOException {
    write("out/_temporary/0/part-0.parquet");
    assertThat(open("out", WriteMode.ERROR).saveMode()).isEqualTo(SaveMode.Append);
    assertThat(open("new", WriteMode.ERROR).saveMode()).isEqualTo(SaveMode.ErrorIfExists);
  }

  @Test
  void aDirectoryOfSomebodyElseIsNotOverwritten() throws IOException {
    write("home/thesis.tex");
    assertThatThrownBy(() -> open("home", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds thesis.tex, which this job does not write");
    write("work/sub/notes.txt");
    assertThatThrownBy(() -> open("work", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds sub/notes.txt");
  }

  @Test
  void dataOfUnknownOriginIsNotAddedTo() throws IOException {
    write("out/part-0.parquet");
    assertThatThrownBy(() -> open("out", WriteMode.APPEND))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nothing in it tells which models its data comes from");
  }

  @Test
  void aFileIsNoDirectory() throws IOException {
    write("file");
    assertThatThrownBy(() -> open("file", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it is a file; --output names a directory");
  }

  @Test
  void inputAndOutputAreApart() throws IOException {
    OutputDirectory output = open("data/out", WriteMode.OVERWRITE);
    for (String input : List.of("data", "data/out", "data/out/part-0.parquet")) {
      assertThatThrownBy(
              () -> output.checkAgainst(List.of(folder.resolve(input).toUri().toString())))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("lie inside one another");
    }
    assertThatCode(
            () -> output.checkAgainst(List.of(folder.resolve("data/out2").toUri().toString())))
        .doesNotThrowAnyException();
  }

  @Test
  void onlyNewDataFilesWereAdded() throws IOException {
    write("out/part-0.parquet");
    write("out/_tommer/run-20260101T000000Z-0.json");
    OutputDirectory output = open("out", WriteMode.APPEND);
    write("out/part-1.parquet");
    write("out/.part-1.parquet.crc");
    write("out/_SUCCESS");
    write("out/year=2026/part-2.parquet");
    assertThat(output.added()).containsOnlyKeys("part-1.parquet", "year=2026/part-2.parquet");
  }

  private OutputDirectory open(String name, WriteMode mode) {
    return OutputDirectory.open(folder.resolve(name).toString(), mode, new Configuration());
  }

  private void write(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, name.endsWith(".json") ? PROVENANCE : "x");
  }

  private static final String PROVENANCE =
      "{\"product\": \"tommer-spark\", \"version\": \"0.1.0\", \"models\": []}";
}
