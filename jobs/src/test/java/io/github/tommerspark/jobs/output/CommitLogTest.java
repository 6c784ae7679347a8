package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.message.UserException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommitLogTest {

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  private final Configuration hadoop = new Configuration();

  @TempDir private Path folder;

  @Test
  void theStateIsWhatTheCommitsLeadTo() throws IOException {
    append(commit(1, Commit.Operation.NEW, "a", Map.of("a.parquet", 1L), List.of()));
    append(commit(2, Commit.Operation.APPEND, "b", Map.of("b.parquet", 2L), List.of()));
    append(commit(3, Commit.Operation.CLEAN, null, Map.of(), List.of()));
    OutputState state = log().read();
    assertThat(state.number()).isEqualTo(3);
    assertThat(state.files()).isEqualTo(Map.of("a.parquet", 1L, "b.parquet", 2L));
    assertThat(state.commitOf("b")).contains(2L);
    append(
        commit(
            4,
            Commit.Operation.OVERWRITE,
            "c",
            Map.of("c.parquet", 3L),
            List.of("a.parquet", "b.parquet")));
    state = log().read();
    assertThat(state.files()).isEqualTo(Map.of("c.parquet", 3L));
    assertThat(state.commitOf("b")).isEmpty();
    assertThat(state.isRetired("a.parquet")).isTrue();
    assertThat(log().runs()).hasSize(1);
  }

  @Test
  void ofTwoCommitsOfANumberOneIsMade() throws IOException {
    append(commit(1, Commit.Operation.NEW, "a", Map.of("a.parquet", 1L), List.of()));
    assertThat(
            log()
                .append(
                    store(),
                    commit(1, Commit.Operation.NEW, "b", Map.of("b.parquet", 1L), List.of())))
        .isFalse();
    assertThat(log().read().files()).containsOnlyKeys("a.parquet");
  }

  @Test
  void aSnapshotSaysWhatTheCommitsSay() throws IOException {
    OutputState state = new OutputState();
    for (int number = 1; number <= 2 * CommitLog.SNAPSHOT_EVERY + 3; number++) {
      Commit commit =
          commit(number, Commit.Operation.APPEND, "r" + number, files(number), List.of());
      append(commit);
      state.apply(commit);
      log().snapshot(store(), state, "w");
    }
    assertThat(folder.resolve("out/_tommer/commits").toFile().list())
        .contains("%020d.state.json".formatted(2 * CommitLog.SNAPSHOT_EVERY));
    OutputState read = log().read();
    assertThat(read.snapshot()).isEqualTo(state.snapshot());
    // Nobody needs the commits before it but who wants their provenance.
    Files.delete(folder.resolve("out/_tommer/commits/%020d.json".formatted(7)));
    assertThat(log().read().snapshot()).isEqualTo(state.snapshot());
  }

  @Test
  void aCommitThatIsMissingOrDamagedIsNamed() throws IOException {
    for (int number = 1; number <= 3; number++) {
      append(commit(number, Commit.Operation.APPEND, "r" + number, files(number), List.of()));
    }
    Path second = folder.resolve("out/_tommer/commits/%020d.json".formatted(2));
    Files.writeString(second, "{\"format\": 1, \"numb");
    assertThatThrownBy(() -> log().read())
        .isInstanceOf(UserException.class)
        .hasMessageMatching("Cannot read the record .*/0+2\\.json: .*; restore it from a copy");
    Files.delete(second);
    assertThatThrownBy(() -> log().read())
        .isInstanceOf(UserException.class)
        .hasMessageMatching("Cannot read .*/out/?: commits are missing from .*/commits; .*");
    Files.writeString(second, "{\"format\": 2, \"number\": 2}");
    assertThatThrownBy(() -> log().read())
        .isInstanceOf(UserException.class)
        .hasMessageMatching("Cannot read .*/0+2\\.json: .* by a newer version of tommer-spark");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null                                    | it is not a JSON object",
        "{}                                      | it has no operation",
        "{\"number\":3,\"operation\":\"new\"}      | it says to be commit 3",
        "{\"number\":2,\"operation\":\"new\",\"added\":{\"a\":null}} | a file has no size",
        "{\"number\":2,\"operation\":\"new\",\"transaction\":{}}   | its transaction is neither .*",
        "{\"number\":2,\"operation\":\"new\",\"run\":{}}           | its run has no version"
      })
  void aCommitThatLacksSomethingIsRefused(String content, String reason) throws IOException {
    append(commit(1, Commit.Operation.NEW, "a", files(1), List.of()));
    Files.writeString(
        folder.resolve("out/_tommer/commits/%020d.json".formatted(2)), content.strip());
    assertThatThrownBy(() -> log().read())
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            "Cannot read the record .*/0+2\\.json: %s; restore it from a copy".formatted(reason));
  }

  @Test
  @Tag("soak")
  void tenThousandCommitsCostLittle() throws IOException {
    OutputState state = new OutputState();
    for (int number = 1; number <= 10_000; number++) {
      Commit commit =
          commit(number, Commit.Operation.APPEND, "r" + number, files(number), List.of());
      Files.createDirectories(folder.resolve("out/_tommer/commits"));
      Files.write(
          folder.resolve("out/_tommer/commits/%020d.json".formatted(number)),
          io.github.tommerspark.jobs.output.Provenance.JSON.writeValueAsBytes(commit));
      Files.createFile(folder.resolve("out").resolve(commit.added().keySet().iterator().next()));
      state.apply(commit);
    }
    log().snapshot(store(), state, "w");
    for (int warm = 0; warm < 3; warm++) {
      long begin = System.nanoTime();
      long cpu = CPU.getCurrentThreadCpuTime();
      assertThat(log().read().number()).isEqualTo(10_000);
      print("read", begin, cpu);
      begin = System.nanoTime();
      cpu = CPU.getCurrentThreadCpuTime();
      OutputDirectory output =
          OutputDirectory.open(folder.resolve("out").toString(), WriteMode.APPEND, null, hadoop);
      OutputWriter writer = output.begin();
      print("begin a run", begin, cpu);
      writer.close();
    }
  }

  private static void print(String what, long began, long cpu) {
    System.out.printf(
        Locale.ROOT,
        "%s: %.2f s, of them %.2f s computing%n",
        what,
        (System.nanoTime() - began) / 1e9,
        (CPU.getCurrentThreadCpuTime() - cpu) / 1e9);
  }

  private static Map<String, Long> files(long number) {
    return new TreeMap<>(
        Map.of("part-00000-20260101T000000Z-%08x-c000.snappy.parquet".formatted(number), number));
  }

  private Commit commit(
      long number,
      Commit.Operation operation,
      String runId,
      Map<String, Long> added,
      List<String> removed) {
    return new Commit(
        Commit.FORMAT,
        number,
        operation,
        "2026-01-01T00:00:00Z",
        "20260101T000000Z-00000000",
        Commit.Transaction.run(runId),
        added,
        removed,
        List.of(),
        Map.of(),
        added.isEmpty() ? null : CommittedTest.Runs.of("out", added));
  }

  private void append(Commit commit) throws IOException {
    store().makeFolder(log().folder());
    assertThat(log().append(store(), commit)).isTrue();
  }

  private CommitStore store() throws IOException {
    return CommitStore.of(path(), hadoop);
  }

  private CommitLog log() throws IOException {
    return CommitLog.of(path(), hadoop);
  }

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(folder.resolve("out").toUri());
  }
}
