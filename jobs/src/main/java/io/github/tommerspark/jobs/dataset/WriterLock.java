package io.github.tommerspark.jobs.dataset;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.jobs.cli.Redaction;
import io.github.tommerspark.jobs.cli.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second writer out of an output directory while the first lives.
 *
 * <p>A file in the directory names the owner and carries a count that the owner raises every few
 * seconds. Whoever finds the file watches it: a count that moves belongs to a living owner, one
 * that stands still for a whole lease to a dead one, whose lock is taken over. Only changes count,
 * so the clocks of two machines need not agree. An owner on the same machine is looked up among its
 * processes instead, which takes no time.
 *
 * <p>The file is made in a way that only one of two can succeed where the file system offers that
 * (HDFS, local disks); elsewhere (s3a), and when a lock is taken over, the last one to write wins
 * and the others see that after a moment. So it is as good as file systems without locks allow: a
 * store that delays a write for longer than {@link Timing#settle} can let two in, and an owner that
 * stood still for longer than the lease finds out at its next beat, no earlier.
 */
public final class WriterLock implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WriterLock.class);

  /** The file in the folder beside the data. */
  static final String NAME = "writer.lock";

  private static final int LONGEST = 10_000;
  private static final int READS = 3;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How long things take.
   *
   * @param beat between two signs of life
   * @param lease without one, after which an owner counts as dead
   * @param settle between writing the file and trusting that nobody else wrote it too
   */
  public record Timing(Duration beat, Duration lease, Duration settle) {

    /** Five seconds, thirty, and one. */
    public static final Timing DEFAULT =
        new Timing(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(1));
  }

  /**
   * Who holds the lock, as the file tells it.
   *
   * @param owner different for every acquisition
   * @param host for people
   * @param machine the same for processes that see each other, empty if not known
   * @param pid of the process
   * @param processStarted tells a process from a later one of the same number; null if not known
   * @param since when it was acquired
   * @param beat raised while the owner lives
   */
  record Holder(
      String owner,
      String host,
      String machine,
      long pid,
      String processStarted,
      String since,
      long beat) {

    static Holder here() {
      return new Holder(
          UUID.randomUUID().toString(),
          hostName(),
          machineId(),
          ProcessHandle.current().pid(),
          startOf(ProcessHandle.current()),
          Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
          0);
    }

    Holder next() {
      return new Holder(owner, host, machine, pid, processStarted, since, beat + 1);
    }

    private boolean runs() {
      return ProcessHandle.of(pid)
          .filter(ProcessHandle::isAlive)
          .filter(process -> processStarted == null || processStarted.equals(startOf(process)))
          .isPresent();
    }

    private static String startOf(ProcessHandle process) {
      return process.info().startInstant().map(Instant::toString).orElse(null);
    }
  }

  private final String output;
  private final FileSystem fs;
  private final Path file;
  private final Timing timing;
  private final Runnable onLoss;
  private final ScheduledExecutorService heart;
  private Holder me;
  private long lastBeat;
  private volatile String lost;

  private WriterLock(Path output, FileSystem fs, Path file, Timing timing, Runnable onLoss) {
    this.output = Redaction.uri(output.toString());
    this.fs = fs;
    this.file = file;
    this.timing = timing;
    this.onLoss = onLoss;
    this.me = Holder.here();
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "writer-lock");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Makes this process the only writer of a directory, taking the place of one that is dead.
   *
   * @param output the directory; made if it is not there
   * @param onLoss run on another thread if somebody takes the lock over, or if no sign of life
   *     could be given for a whole lease
   * @throws UserException if another writer lives
   */
  public static WriterLock acquire(
      Path output, Configuration hadoop, Timing timing, Runnable onLoss) throws IOException {
    Path file = file(output);
    FileSystem fs = raw(file, hadoop);
    fs.mkdirs(file.getParent());
    WriterLock lock = new WriterLock(output, fs, file, timing, onLoss);
    lock.acquire();
    return lock;
  }

  /**
   * Makes sure that nobody holds the lock of a directory; costs one look where there is none.
   *
   * @throws UserException if a living writer holds it
   */
  static void refuseIfHeld(Path output, Configuration hadoop, Timing timing) throws IOException {
    Path file = file(output);
    FileSystem fs = raw(file, hadoop);
    WriterLock lock = new WriterLock(output, fs, file, timing, () -> {});
    lock.refuseLiving(lock.read());
  }

  /**
   * Makes sure that the lock is still held; to be called before anything is written for good.
   *
   * @throws UserException if it is not
   */
  public void check() {
    if (lost != null) {
      throw new UserException(
          "Stopped writing to %s: %s; run again when no other run is writing there"
              .formatted(output, lost));
    }
  }

  /** Ends the ownership. */
  @Override
  public void close() throws IOException {
    heart.shutdownNow();
    synchronized (this) {
      if (lost == null && isMine(read())) {
        fs.delete(file, false);
      }
    }
  }

  private void acquire() throws IOException {
    String there = read();
    refuseLiving(there);
    if (there != null) {
      LOG.warn("Taking over the lock {}: its owner is dead", file);
    }
    try {
      write(there != null);
    } catch (FileAlreadyExistsException e) {
      throw held(read());
    }
    pause(timing.settle());
    String now = read();
    if (!isMine(now)) {
      throw held(now);
    }
    lastBeat = System.nanoTime();
    long beat = timing.beat().toMillis();
    heart.scheduleAtFixedRate(this::beat, beat, beat, TimeUnit.MILLISECONDS);
  }

  private void refuseLiving(String there) throws IOException {
    if (there == null) {
      return;
    }
    Optional<Holder> holder = parse(there);
    boolean near =
        holder.isPresent()
            && holder.get().machine() != null
            && !holder.get().machine().isEmpty()
            && holder.get().machine().equals(me.machine());
    if (near ? holder.get().runs() : moves(there)) {
      throw held(there);
    }
  }

  /** Whether the file changes within a lease. */
  private boolean moves(String before) throws IOException {
    LOG.info("Waiting up to {} s to see whether {} is held", timing.lease().toSeconds(), file);
    long end = System.nanoTime() + timing.lease().toNanos();
    while (System.nanoTime() < end) {
      pause(timing.beat().dividedBy(2));
      String now = read();
      if (now == null) {
        return false;
      }
      if (!now.equals(before)) {
        return true;
      }
    }
    return false;
  }

  private synchronized void beat() {
    if (lost != null) {
      return;
    }
    try {
      if (!isMine(read())) {
        lose("another run has taken its lock over, because this one gave no sign of life");
        return;
      }
      me = me.next();
      write(true);
      lastBeat = System.nanoTime();
    } catch (IOException e) {
      LOG.warn("Cannot renew the lock {}: {}", file, e.toString());
      if (System.nanoTime() - lastBeat > timing.lease().toNanos()) {
        lose("its lock could not be renewed (%s)".formatted(e.getMessage()));
      }
    }
  }

  private void lose(String reason) {
    lost = reason;
    LOG.error("Lost the lock {}: {}", file, reason);
    onLoss.run();
  }

  private boolean isMine(String content) {
    return content != null
        && parse(content).filter(holder -> holder.owner().equals(me.owner())).isPresent();
  }

  private UserException held(String content) {
    String who =
        Optional.ofNullable(content)
            .flatMap(WriterLock::parse)
            .map(h -> "process %d on %s, since %s".formatted(h.pid(), h.host(), h.since()))
            .orElse("another process");
    return new UserException(
        "Cannot write to %s: another run is writing to it (%s); wait until it has ended"
            .formatted(output, who));
  }

  private void write(boolean overwrite) throws IOException {
    byte[] content = JSON.writeValueAsBytes(me);
    try (OutputStream out = fs.create(file, overwrite)) {
      out.write(content);
    }
  }

  /** The content of the file, whatever it is; null if there is none. */
  private String read() throws IOException {
    for (int left = READS - 1; ; left--) {
      try (InputStream in = fs.open(file)) {
        return new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
      } catch (FileNotFoundException e) {
        return null;
      } catch (IOException e) {
        // s3a refuses to read an object that was replaced after it had looked at it: a beat.
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  private static Optional<Holder> parse(String content) {
    try {
      return Optional.ofNullable(JSON.readValue(content, Holder.class))
          .filter(holder -> holder.owner() != null);
    } catch (JacksonException e) {
      // Being written at this moment, or what a killed writer left.
      return Optional.empty();
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for a lock", e);
    }
  }

  private static Path file(Path output) {
    return new Path(new Path(output, Provenance.FOLDER), NAME);
  }

  /** Without checksum files: one that belongs to another version would make the lock unreadable. */
  private static FileSystem raw(Path file, Configuration hadoop) throws IOException {
    FileSystem fs = file.getFileSystem(hadoop);
    return fs instanceof ChecksumFileSystem checked ? checked.getRawFileSystem() : fs;
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
