package io.github.tommerspark.hub;

import io.github.tommerspark.hub.HubCache.Repository;
import io.github.tommerspark.hub.HubClient.FileInfo;
import io.github.tommerspark.hub.HubClient.Listing;
import io.github.tommerspark.hub.Insistence.Pause;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Fetches what a model needs of a Hub's repository to the cache.
 *
 * <p>Contents arrive beside their place, are compared with their checksum as they lie on the disk,
 * and are moved there. A snapshot gets its files, and a branch its commit, when all contents are
 * there: until then whoever looks finds what was there before. What has arrived when a process is
 * killed is continued by the next one. Of processes that fetch the same content at the same time,
 * one does and the others wait. Contents that are there already, whoever fetched them, are compared
 * with their checksum too, and fetched again if they are damaged.
 */
public final class HubPull {

  private static final long REPORT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int SHA256_DIGITS = 64;

  /** File locks are held by the whole process. */
  private static final Map<Path, Object> LOCKS = new ConcurrentHashMap<>();

  private final HubSettings settings;
  private final Consumer<String> progress;
  private final Pause pause;

  /**
   * A pull that reports how it gets on.
   *
   * @param settings the Hub and its cache
   * @param progress is told lines
   */
  public HubPull(HubSettings settings, Consumer<String> progress) {
    this(settings, progress, duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos()));
  }

  HubPull(HubSettings settings, Consumer<String> progress, Pause pause) {
    this.settings = settings;
    this.progress = progress;
    this.pause = pause;
  }

  /**
   * The outcome of a pull: what is in the cache now.
   *
   * @param place the directory of the snapshot, or the GGUF file
   * @param kind of a backbone or a head, as an option names it: {@code backbone}, {@code head} or
   *     {@code classifier}
   * @param fetched bytes that came from the Hub
   * @param total bytes of all files
   */
  public record Pulled(Path place, String kind, long fetched, long total) {}

  /**
   * Fetches a model.
   *
   * @param id the model
   * @return where it is
   * @throws HubException if it cannot be had; nothing of it is half there
   * @throws IOException if the cache cannot be written, or is not to be trusted
   * @throws InterruptedException when interrupted; what arrived is kept
   */
  public Pulled pull(RepositoryId id) throws IOException, InterruptedException {
    HubCache cache = new HubCache(settings.cache());
    if (settings.offline()) {
      return offline(id, cache);
    }
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "tommer-spark-pull");
              thread.setDaemon(true);
              return thread;
            });
    try {
      HubClient client = new HubClient(settings, pause, clock);
      Listing listing = client.list(id);
      RepositoryFiles files = new RepositoryFiles(listing.files());
      List<String> needed = files.needed(id);
      return new Session(id, cache, client, listing.commit(), cache.open(id)).run(files, needed);
    } finally {
      clock.shutdownNow();
    }
  }

  private Pulled offline(RepositoryId id, HubCache cache) throws IOException {
    try {
      return pulled(cache.find(id), 0, 0);
    } catch (HubException e) {
      throw new HubException(
          "Cannot pull %s: HF_HUB_OFFLINE is set, and it is not whole in the Hub's cache %s; unset it"
              .formatted(id, settings.cache()),
          e);
    }
  }

  private static Pulled pulled(Path place, long fetched, long total) throws IOException {
    String kind =
        Files.isRegularFile(place)
            ? "backbone"
            : HubCache.kind(place).name().toLowerCase(Locale.ROOT);
    return new Pulled(place, kind, fetched, total);
  }

  /** One repository that is being fetched. */
  private final class Session {

    private final RepositoryId id;
    private final HubCache cache;
    private final HubClient client;
    private final Map<String, FileInfo> files = new LinkedHashMap<>();
    private final String commit;
    private final Repository repository;
    private long fetched;

    Session(
        RepositoryId id, HubCache cache, HubClient client, String commit, Repository repository) {
      this.id = id;
      this.cache = cache;
      this.client = client;
      this.commit = commit;
      this.repository = repository;
    }

    Pulled run(RepositoryFiles listed, List<String> needed)
        throws IOException, InterruptedException {
      for (String name : needed) {
        FileInfo file = fetch(name);
        if (name.equals(RepositoryFiles.INDEX)) {
          for (String shard : listed.shards(id, repository.blob(file.hash()))) {
            fetch(shard);
          }
        }
      }
      // What describes a model comes last: without it nothing is taken for one.
      List<FileInfo> order = new ArrayList<>(files.values());
      for (int i = order.size() - 1; i >= 0; i--) {
        repository.link(commit, order.get(i).name(), order.get(i).hash());
      }
      repository.point(id.revision(), commit);
      return pulled(cache.find(id), fetched, order.stream().mapToLong(FileInfo::bytes).sum());
    }

    private FileInfo fetch(String name) throws IOException, InterruptedException {
      FileInfo file = client.info(id, commit, name);
      files.put(name, file);
      Path lockFile = repository.lock(file.hash());
      synchronized (LOCKS.computeIfAbsent(lockFile, path -> new Object())) {
        try (FileChannel channel =
                FileChannel.open(
                    lockFile,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS);
            FileLock lock = lock(channel, name)) {
          assert lock.isValid();
          if (repository.hasBlob(file.hash())) {
            if (matches(repository.blob(file.hash()), file)) {
              return file;
            }
            progress.accept("%s is damaged in the cache: fetching it again".formatted(name));
          }
          fetch(file);
        }
      }
      return file;
    }

    private FileLock lock(FileChannel channel, String name) throws IOException {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        progress.accept("%s: another process is fetching it; waiting".formatted(name));
        lock = channel.lock();
      }
      return lock;
    }

    private void fetch(FileInfo file) throws IOException, InterruptedException {
      Path incomplete = repository.incomplete(file.hash());
      if (Files.isSymbolicLink(incomplete)) {
        Files.delete(incomplete);
      }
      long before = repository.arrived(file.hash());
      boolean continued = before > 0 && before <= file.bytes();
      requireSpace(file, continued ? before : 0);
      if (continued) {
        progress.accept(
            "%s: continuing at %s of %s".formatted(file.name(), size(before), size(file.bytes())));
      }
      boolean whole = client.fetch(id, commit, file, incomplete, new Report(file));
      boolean right = matches(incomplete, file);
      if (!right && !whole) {
        // Pieces may not fit: a process or machine went down while one was written.
        progress.accept("%s: the pieces do not fit; from the beginning".formatted(file.name()));
        repository.discard(file.hash());
        continued = false;
        client.fetch(id, commit, file, incomplete, new Report(file));
        right = matches(incomplete, file);
      }
      if (!right) {
        repository.discard(file.hash());
        throw new HubException(
            "Cannot pull %s: %s arrived with another checksum than the Hub gives for it, %s; nothing of it was kept"
                .formatted(id, file.name(), file.hash()));
      }
      repository.install(file.hash());
      fetched += file.bytes() - (continued ? before : 0);
    }

    private void requireSpace(FileInfo file, long before) throws IOException {
      long free = Files.getFileStore(repository.folder()).getUsableSpace();
      if (file.bytes() - before > free) {
        throw new HubException(
            "Cannot pull %s: %s needs %s, and %s has %s free; name another directory in HF_HUB_CACHE"
                .formatted(id, file.name(), size(file.bytes() - before), cache.root(), size(free)));
      }
    }
  }

  /** A line every few seconds. */
  private final class Report implements LongConsumer {

    private final FileInfo file;
    private long last = System.nanoTime();

    Report(FileInfo file) {
      this.file = file;
    }

    @Override
    public void accept(long bytes) {
      if (System.nanoTime() - last >= REPORT_EVERY_NANOS) {
        last = System.nanoTime();
        progress.accept("%s: %s of %s".formatted(file.name(), size(bytes), size(file.bytes())));
      }
    }
  }

  /**
   * Returns whether a file has the length and hash that the Hub gives: SHA-256, or git's of a blob.
   */
  private static boolean matches(Path path, FileInfo file) throws IOException {
    long length = Files.size(path);
    if (length != file.bytes()) {
      return false;
    }
    MessageDigest digest;
    try {
      boolean sha256 = file.hash().length() == SHA256_DIGITS;
      digest = MessageDigest.getInstance(sha256 ? "SHA-256" : "SHA-1");
      if (!sha256) {
        digest.update(
            String.format(Locale.ROOT, "blob %d\0", length).getBytes(StandardCharsets.US_ASCII));
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256 and SHA-1", e);
    }
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest()).equals(file.hash());
  }

  /** Bytes, for people. */
  public static String size(long bytes) {
    if (bytes < 1_000) {
      return bytes + " bytes";
    }
    double value = bytes;
    String unit = "";
    for (String next : List.of("kB", "MB", "GB", "TB")) {
      if (value < 1_000) {
        break;
      }
      value /= 1_000;
      unit = next;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, unit);
  }
}
