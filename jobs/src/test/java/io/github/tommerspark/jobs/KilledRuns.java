package io.github.tommerspark.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.tommerspark.jobs.dataset.Corpus;
import io.github.tommerspark.jobs.dataset.CorpusOptions;
import io.github.tommerspark.jobs.output.CommitLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * Runs over one input, each with an output of its own, some of which are killed: all outputs must
 * hold what an undisturbed run writes.
 *
 * @param folder in which the input is {@code in}, and an output has the name of its run
 */
public record KilledRuns(Path folder) {

  /** The run that nobody kills. */
  public static final String UNDISTURBED = "undisturbed";

  /**
   * Writes the input.
   *
   * @param files of JSON lines
   * @param rowsPerFile documents of a file, each with mentions; a further one is null
   */
  public void writeInput(int files, int rowsPerFile) throws IOException {
    Files.createDirectories(folder.resolve("in"));
    for (int f = 0; f < files; f++) {
      List<String> lines = new ArrayList<>();
      for (int r = 0; r < rowsPerFile; r++) {
        lines.add(
            "{\"id\": \"%d-%d\", \"text\": \"%s In %d, Marie Curie left Warsaw for the University of Paris.\"}"
                .formatted(f, r, "Long ago. ".repeat(r % 17), 1800 + r));
      }
      lines.add("{\"id\": \"null-%d\", \"text\": null}".formatted(f));
      Files.write(folder.resolve("in").resolve(f + ".jsonl"), lines);
    }
  }

  /** Starts {@code annotate} on the input, with these settings of Spark and further arguments. */
  public Process start(String output, List<String> properties, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("annotate", "--model", "nano-llama", "--input", "in", "--output", output));
    arguments.addAll(List.of(more));
    return Drivers.start(folder, log(output), properties, arguments.toArray(String[]::new));
  }

  /** Starts a query over the input that writes what {@code annotate} does. */
  public Process startQuery(String output, List<String> properties) throws IOException {
    return Drivers.start(
        SqlApplication.class,
        folder,
        log(output),
        properties,
        Map.of(),
        "SELECT id, text, coalesce(mentions(text, 'nano-llama'), array()) AS mentions, string(null) AS error FROM json.`in`",
        output);
  }

  /** What a run has printed so far. */
  public String printed(String output) throws IOException {
    return Files.readString(log(output));
  }

  private Path log(String output) {
    return folder.resolve(output + ".log");
  }

  /** Paths in an output, relative to it, that match as a whole; in the midst of a run some. */
  public List<String> files(String output, String pattern) {
    Path root = folder.resolve(output);
    List<String> found = new ArrayList<>();
    if (Files.exists(root)) {
      try (Stream<Path> all = Files.walk(root)) {
        all.map(file -> root.relativize(file).toString())
            .filter(name -> name.matches(pattern))
            .forEach(found::add);
      } catch (IOException | UncheckedIOException e) {
        // A directory went away while it was read; look again.
        return found;
      }
    }
    return found;
  }

  /** The undisturbed run has all rows, and mentions in each that has a text. */
  public void assertComplete(int files, int rowsPerFile) {
    assertThat(rows(UNDISTURBED).count()).isEqualTo(files * (rowsPerFile + 1L));
    assertThat(rows(UNDISTURBED).where("size(mentions) > 0").count())
        .isEqualTo(files * (long) rowsPerFile);
  }

  /** A run has the rows and mentions of the undisturbed one, no more and no less. */
  public void assertSameRows(String output) {
    Dataset<Row> expected = rows(UNDISTURBED);
    Dataset<Row> found = rows(output);
    assertThat(found.count()).isEqualTo(expected.count());
    assertThat(found.exceptAll(expected).count()).isZero();
    assertThat(expected.exceptAll(found).count()).isZero();
  }

  /** The ids that readers of commits see, in order; of an output without commits, none. */
  public List<String> committed(String output) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(folder.resolve(output).toUri());
    if (CommitLog.of(path, new Configuration()).read().files().isEmpty()) {
      return List.of();
    }
    return Corpus.open(
            LocalSpark.session(),
            new CorpusOptions(List.of(path.toString()), null, Map.of(), null, null))
        .rows()
        .select("id")
        .as(Encoders.STRING())
        .collectAsList()
        .stream()
        .sorted()
        .toList();
  }

  private Dataset<Row> rows(String output) {
    // Scores may differ in the last digits with the composition of batches.
    return LocalSpark.session()
        .read()
        .parquet(folder.resolve(output).toString())
        .selectExpr(
            "id",
            "text",
            "transform(mentions, m -> struct(m.start, m.end, m.text)) mentions",
            "error");
  }
}
