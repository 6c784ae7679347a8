package io.github.tommerspark.jobs.output;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writers of an output: a file for each in {@code _tommer/writers}, made before its first data
 * file and removed after its last commit. It carries a count that is raised every few seconds, so
 * that others see whether its writer lives; a writer on the same machine is looked up among its
 * processes instead. Only changes count: the clocks of two machines need not agree.
 *
 * <p>This decides what is worth trying and whose leftovers may be removed, never what belongs to an
 * output: a writer that was taken for dead by mistake finds that out when it commits.
 */
final class Writers {

  private static final Logger LOG = LoggerFactory.getLogger(Writers.class);

  /** The folder in {@link Provenance#FOLDER}. */
  static final String FOLDER = "writers";

  private static final String SUFFIX = ".json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Writers of this JVM, which its process id does not tell apart. */
  private static final Set<String> MINE = ConcurrentHashMap.newKeySet();

  /**
   * The times that writers keep to.
   *
   * @param beat between two signs of life
   * @param lease without one, after which a writer on another machine counts as dead
   */
  record Timing(Duration beat, Duration lease) {

    /** Five seconds and thirty. */
    static final Timing DEFAULT = new Timing(Duration.ofSeconds(5), Duration.ofSeconds(30));
  }

  /**
   * A writer, as its file tells it.
   *
   * @param id of the writer
   * @param shares whether it writes beside others that do
   * @param host for people
   * @param machine the same for processes that see each other, empty if not known
   * @param pid of the process
   * @param processStarted tells a process from a later one of the same number; null if not known
   * @param since when it began
   * @param beat raised while it lives
   */
  record Writer(
      String id,
      boolean shares,
      String host,
      String machine,
      long pid,
      String processStarted,
      String since,
      long beat) {

    static Writer here(String id, boolean shares) {
      return new Writer(
          id,
          shares,
          hostName(),
          machineId(),
          ProcessHandle.current().pid(),
          startOf(ProcessHandle.current()),
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          0);
    }

    private Writer next() {
      return new Writer(id, shares, host, machine, pid, processStarted, since, beat + 1);
    }

    /** Returns whether its process can be looked up from here. */
    private boolean isNear() {
      return machine != null && !machine.isEmpty() && machine.equals(machineId());
    }

    private boolean runs() {
      if (pid == ProcessHandle.current().pid()) {
        return MINE.contains(id);
      }
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .filter(process -> processStarted == null || processStarted.equals(startOf(process)))
          .isPresent();
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "process %d on %s, since %s", pid, host, since);
    }

    private static String startOf(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toString).orElse(null);
    }
  }

  private final FileSystem fs;
  private final Path folder;
  private final Timing timing;

  Writers(FileSystem fs, Path output, Timing timing) {
    this.fs = fs;
    this.folder = new Path(new Path(output, Provenance.FOLDER), FOLDER);
    this.timing = timing;
  }

  Path folder() {
    return folder;
  }

  private Path file(String id) {
    return new Path(folder, id + SUFFIX);
  }

  /** Signs of life of this process, until closed. */
  final class Announcement implements AutoCloseable {

    private final ScheduledExecutorService heart;
    private Writer me;
    private boolean ended;

    private Announcement(Writer me) {
      this.me = me;
      this.heart =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "writer-" + me.id());
                thread.setDaemon(true);
                return thread;
              });
    }

    private void begin() {
      long beat = timing.beat().toMillis();
      heart.scheduleAtFixedRate(this::beat, beat, beat, TimeUnit.MILLISECONDS);
    }

    private synchronized void beat() {
      if (ended) {
        return;
      }
      try {
        me = me.next();
        CommitStore.write(fs, file(me.id()), JSON.writeValueAsBytes(me));
      } catch (IOException | RuntimeException e) {
        LOG.warn("Cannot give a sign of life in {}: {}", file(me.id()), e.toString());
      }
    }

    Writer writer() {
      return me;
    }

    /**
     * Ends the signs of life.
     *
     * @param forget whether to remove the file; left there, others take this writer for dead
     */
    synchronized void end(boolean forget) throws IOException {
      if (ended) {
        return;
      }
      ended = true;
      heart.shutdownNow();
      MINE.remove(me.id());
      if (forget) {
        fs.delete(file(me.id()), false);
      }
    }

    @Override
    public void close() throws IOException {
      end(true);
    }
  }

  /**
   * Announces a writer.
   *
   * @throws IOException if the store cannot make a file in the way that commits need
   */
  Announcement announce(CommitStore store, String id, boolean shares) throws IOException {
    store.makeFolder(folder);
    Writer me = Writer.here(id, shares);
    MINE.add(id);
    boolean announced = false;
    try {
      if (!store.createIfAbsent(file(id), JSON.writeValueAsBytes(me), id)) {
        throw new IOException("There is a writer of the name %s already".formatted(id));
      }
      announced = true;
    } finally {
      if (!announced) {
        MINE.remove(id);
      }
    }
    Announcement announcement = new Announcement(me);
    announcement.begin();
    return announcement;
  }

  /** Removes the file of a writer that is dead. */
  void forget(String id) throws IOException {
    fs.delete(file(id), false);
  }

  /**
   * Writers that are announced.
   *
   * @param living by id
   * @param dead ids of those that are dead
   */
  record Census(Map<String, Writer> living, Set<String> dead) {}

  /**
   * Looks who is announced and who lives, for which it may take a lease.
   *
   * @param but not counted
   */
  Census census(String but) throws IOException {
    Map<String, String> seen = contents();
    seen.remove(but);
    Census census = new Census(new TreeMap<>(), new HashSet<>());
    Map<String, String> watched = new HashMap<>();
    for (Map.Entry<String, String> entry : seen.entrySet()) {
      Optional<Writer> writer = parse(entry.getValue());
      if (writer.isPresent() && writer.get().isNear()) {
        if (writer.get().runs()) {
          census.living.put(entry.getKey(), writer.get());
        } else {
          census.dead.add(entry.getKey());
        }
      } else {
        watched.put(entry.getKey(), entry.getValue());
      }
    }
    watch(watched, census);
    return census;
  }

  /** A count that moves within a lease is that of a living writer. */
  private void watch(Map<String, String> watched, Census census) throws IOException {
    if (watched.isEmpty()) {
      return;
    }
    LOG.info(
        "Waiting up to {} s to see whether {} write(s)",
        timing.lease().toSeconds(),
        String.join(", ", watched.keySet()));
    long end = System.nanoTime() + timing.lease().toNanos();
    while (!watched.isEmpty() && System.nanoTime() < end) {
      pause(timing.beat().dividedBy(2));
      Iterator<Map.Entry<String, String>> entries = watched.entrySet().iterator();
      while (entries.hasNext()) {
        Map.Entry<String, String> entry = entries.next();
        String now = content(entry.getKey());
        if (now == null) {
          entries.remove();
        } else if (!now.equals(entry.getValue())) {
          Optional<Writer> writer = parse(now);
          if (writer.isPresent()) {
            census.living.put(entry.getKey(), writer.get());
            entries.remove();
          }
        }
      }
    }
    census.dead.addAll(watched.keySet());
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try {
      for (FileStatus status : fs.listStatus(folder)) {
        String name = status.getPath().getName();
        if (!name.endsWith(SUFFIX) || !WriterId.is(name.substring(0, name.length() - 5))) {
          continue;
        }
        String id = name.substring(0, name.length() - SUFFIX.length());
        String content = content(id);
        if (content != null) {
          contents.put(id, content);
        }
      }
    } catch (FileNotFoundException e) {
      return contents;
    }
    return contents;
  }

  /** Returns the announcement of a writer; null if there is none. */
  private String content(String id) throws IOException {
    for (int tries = 3; ; tries--) {
      try {
        byte[] content = CommitStore.read(fs, file(id));
        if (content == null) {
          return null;
        }
        String text = new String(content, StandardCharsets.UTF_8);
        // In the midst of a beat, the file may be empty for a moment.
        if (tries == 0 || parse(text).isPresent()) {
          return text;
        }
      } catch (IOException e) {
        // s3a refuses to read an object that was replaced after it had looked at it: a beat.
        if (tries == 0) {
          throw e;
        }
      }
      pause(Duration.ofMillis(20));
    }
  }

  private static Optional<Writer> parse(String content) {
    try {
      return Optional.ofNullable(JSON.readValue(content, Writer.class))
          .filter(writer -> writer.id() != null);
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  static void pause(Duration time) throws IOException {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while waiting for another writer", e);
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "an unknown host";
    }
  }

  /**
   * The same for two processes only if each finds the other by its number. Containers may share a
   * host name and even a kernel, but then they have process numbers of their own.
   */
  private static String machineId() {
    try {
      return Files.readString(java.nio.file.Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(java.nio.file.Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
