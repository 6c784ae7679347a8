package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
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
  }

  @Test
  void whatAFailedRunLeftIsNoData() throws IOException {
    write("out/_temporary/0/part-0.parquet");
    write("out/part-00000-20261127T223538Z-1a2b3c4d-c000.snappy.parquet");
    for (WriteMode mode : WriteMode.values()) {
      assertThatCode(() -> open("out", mode)).doesNotThrowAnyException();
    }
  }

  @Test
  void aDirectoryOfSomebodyElseIsNotOverwritten() throws IOException {
    write("home/thesis.tex");
    assertThatThrownBy(() -> open("home", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds thesis.tex, which annotate has not written");
    write("work/sub/notes.txt");
    assertThatThrownBy(() -> open("work", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds sub/notes.txt");
    write("other/part-00000-9d2c0c8e-6d4b-4b5f-8e0f-3d0e7f0a1b2c-c000.snappy.parquet");
    assertThatThrownBy(() -> open("other", WriteMode.OVERWRITE))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it holds part-00000-9d2c0c8e");
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
  void inputAndOutputAreApart() {
    OutputDirectory output = open("data/out", WriteMode.OVERWRITE);
    for (String input :
        List.of(
            "data",
            "data/out",
            "data/out/part-0.parquet",
            "data/*",
            "dat?",
            "*",
            "data/o[tu]t",
            "data/{in,out/x}",
            "data/*/*.parquet",
            "*/*/*")) {
      assertThatThrownBy(() -> output.checkAgainst(List.of("file:" + folder + "/" + input)))
          .as(input)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("lie inside one another");
    }
    for (String input : List.of("data/out2", "data/in*", "data/{in,outs}", "other/*", "data/[")) {
      assertThatCode(() -> output.checkAgainst(List.of("file:" + folder + "/" + input)))
          .as(input)
          .doesNotThrowAnyException();
    }
  }

  private OutputDirectory open(String name, WriteMode mode) {
    return OutputDirectory.open(folder.resolve(name).toString(), mode, null, new Configuration());
  }

  private void write(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "x");
  }
}
