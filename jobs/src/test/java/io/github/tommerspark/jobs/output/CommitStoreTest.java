package io.github.tommerspark.jobs.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitStoreTest {

  @TempDir private Path folder;

  @Test
  void aFileIsCreatedOnce() throws IOException {
    CommitStore store = CommitStore.of(path("x"), new Configuration());
    assertThat(store.createIfAbsent(path("x"), bytes("first"), "a")).isTrue();
    assertThat(store.createIfAbsent(path("x"), bytes("second"), "b")).isFalse();
    assertThat(folder.resolve("x")).content().isEqualTo("first");
    assertThat(folder.toFile().list()).containsExactly("x");
  }

  @Test
  void aStoreThatCannotIsAnError() throws IOException {
    CommitStore store = CommitStore.of(path("none/x"), new Configuration());
    Files.writeString(folder.resolve("none"), "a file");
    assertThatThrownBy(() -> store.createIfAbsent(path("none/x"), bytes("first"), "a"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void ofTwoThatTryAtOnceOneCreates() throws Exception {
    race(CommitStore.of(path("x"), new Configuration()), 400, 2);
  }

  /** On a local disk, which is as consistent as S3 and faster. */
  @Test
  void alsoWithTicketsAlone() throws Exception {
    race(tickets(Duration.ofSeconds(60)), 20, 3);
    assertThat(folder.resolve(TicketedCreate.FOLDER).toFile().list()).isEmpty();
  }

  @Test
  @Tag("soak")
  void alsoWithTicketsAloneVeryOften() throws Exception {
    race(tickets(Duration.ofSeconds(60)), 1000, 4);
  }

  @Test
  void aTicketOfSomebodyDeadIsRemovedInTheEnd() throws IOException {
    Files.createDirectories(folder.resolve(TicketedCreate.FOLDER));
    Files.writeString(folder.resolve(TicketedCreate.FOLDER).resolve("x.1.dead"), ".");
    Files.writeString(folder.resolve(TicketedCreate.FOLDER).resolve("x.drawing.dead"), ".");
    Files.writeString(folder.resolve(TicketedCreate.FOLDER).resolve("other.1.living"), ".");
    Files.createDirectories(folder.resolve("files"));
    assertThat(tickets(Duration.ofMillis(400)).createIfAbsent(path("files/x"), bytes("mine"), "a"))
        .isTrue();
    assertThat(folder.resolve(TicketedCreate.FOLDER).toFile().list())
        .containsExactly("other.1.living");
  }

  @Test
  void ticketsForWhatIsThereAreRemoved() throws IOException {
    Path tickets = Files.createDirectories(folder.resolve(TicketedCreate.FOLDER));
    for (String ticket : List.of("a.json.1.x", "a.json.drawing.y", "b.json.2.x", "note")) {
      Files.writeString(tickets.resolve(ticket), ".");
    }
    tickets(Duration.ofSeconds(60))
        .removeTickets(new org.apache.hadoop.fs.Path(folder.toUri()), "a.json"::equals);
    assertThat(tickets.toFile().list()).containsExactlyInAnyOrder("b.json.2.x", "note");
  }

  @Test
  void whoPausesWithATicketLooksAgain() throws IOException {
    Files.createDirectories(folder.resolve("files"));
    Files.createDirectories(folder.resolve(TicketedCreate.FOLDER));
    org.apache.hadoop.fs.Path file = path("files/x");
    FileSystem pausing =
        new FilterFileSystem(FileSystem.getLocal(new Configuration()).getRaw()) {
          private boolean paused;

          @Override
          public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
            try {
              return super.getFileStatus(path);
            } catch (FileNotFoundException e) {
              if (path.equals(file) && !paused) {
                paused = true;
                // It holds the lowest ticket and has seen that there is no file.
                assertThat(
                        tickets(Duration.ofMillis(300)).createIfAbsent(file, bytes("other"), "b"))
                    .isTrue();
              }
              throw e;
            }
          }
        };
    assertThat(
            new TicketedCreate(pausing, Duration.ofMillis(300))
                .createIfAbsent(file, bytes("mine"), "a"))
        .isFalse();
    assertThat(folder.resolve("files/x")).content().isEqualTo("other");
    assertThat(folder.resolve(TicketedCreate.FOLDER)).isEmptyDirectory();
  }

  private TicketedCreate tickets(Duration patience) throws IOException {
    return new TicketedCreate(FileSystem.getLocal(new Configuration()).getRaw(), patience);
  }

  private void race(CommitStore store, int times, int candidates) throws Exception {
    Files.createDirectories(folder.resolve("files"));
    Files.createDirectories(folder.resolve(TicketedCreate.FOLDER));
    ExecutorService threads = Executors.newFixedThreadPool(candidates);
    CyclicBarrier start = new CyclicBarrier(candidates);
    try {
      for (int i = 0; i < times; i++) {
        org.apache.hadoop.fs.Path file = path("files/" + i);
        List<Future<Boolean>> tries = new ArrayList<>();
        for (int c = 0; c < candidates; c++) {
          String content = i + " " + c;
          Callable<Boolean> candidate =
              () -> {
                start.await();
                return store.createIfAbsent(file, bytes(content), content);
              };
          tries.add(threads.submit(candidate));
        }
        int winners = 0;
        for (int c = 0; c < candidates; c++) {
          if (tries.get(c).get()) {
            winners++;
            assertThat(folder.resolve("files/" + i)).content().isEqualTo(i + " " + c);
          }
        }
        assertThat(winners).as("round %d", i).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
    try (Stream<Path> files = Files.list(folder.resolve("files"))) {
      assertThat(files.filter(file -> !file.getFileName().toString().startsWith(".")))
          .hasSize(times);
    }
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return new org.apache.hadoop.fs.Path(folder.resolve(name).toUri());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
