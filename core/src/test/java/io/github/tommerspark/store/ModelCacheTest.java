package io.github.tommerspark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import io.github.tommerspark.source.ResourceDirectory;
import io.github.tommerspark.store.ModelStore.Folder;
import io.github.tommerspark.testing.CountingDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ModelCacheTest {

  private static final String MODEL = "io/github/tommerspark/models/nano-llama";
  private static final int LAYER = 1;

  @TempDir private Path folder;
  private Path root;
  private ModelCache cache;
  private CountingDirectory original;
  private Folder remote;

  @BeforeEach
  void open() {
    root = folder.resolve("cache");
    cache = new ModelCache(root);
    original = new CountingDirectory(bundled(), false);
    remote = new Folder(original, "v1");
  }

  @Test
  void holdsTheTensorsUpToTheLayerAsTheyAre() throws IOException {
    ModelDirectory cached = cache.backbone(remote, LAYER);
    assertThat(cached.name()).isEqualTo(original.name());
    for (String file : List.of("config.json", "tokenizer.json", "tommer.json")) {
      assertThat(cached.readAll(file, Integer.MAX_VALUE))
          .isEqualTo(bundled().readAll(file, Integer.MAX_VALUE));
    }
    try (Checkpoint whole = Checkpoint.open(bundled());
        Checkpoint cut = Checkpoint.open(cached)) {
      BackbonePlan plan = BackbonePlan.of(bundled(), whole, LAYER);
      BackbonePlan cutPlan = BackbonePlan.of(cached, cut, LAYER);
      assertThat(cut.names())
          .containsExactlyInAnyOrderElementsOf(
              plan.tensors().stream().map(TensorInfo::name).toList())
          .hasSizeLessThan(whole.names().size());
      assertThat(cutPlan.bytes()).isEqualTo(plan.bytes());
      for (TensorInfo tensor : plan.tensors()) {
        TensorInfo copy = cut.tensor(tensor.name());
        assertThat(copy.dtype()).isEqualTo(tensor.dtype());
        assertThat(copy.shape()).isEqualTo(tensor.shape());
        assertThat(cut.raw(copy)).isEqualTo(whole.raw(tensor));
        assertThat(copy.begin() % (tensor.dtype().bits() / Byte.SIZE)).isZero();
      }
    }
  }

  @Test
  void fetchesNoMoreThanIsNeededAndThatOnce() throws IOException {
    cache.backbone(remote, LAYER);
    long needed;
    try (Checkpoint whole = Checkpoint.open(bundled())) {
      BackbonePlan plan = BackbonePlan.of(bundled(), whole, LAYER);
      needed = plan.bytes() + whole.headerBytesRead();
    }
    for (String file : List.of("config.json", "tokenizer.json", "tommer.json")) {
      needed += bundled().readAll(file, Integer.MAX_VALUE).length;
    }
    // The plan reads config.json once more.
    long config = bundled().readAll("config.json", Integer.MAX_VALUE).length;
    assertThat(original.bytes()).isEqualTo(needed + config);

    cache.backbone(remote, LAYER);
    assertThat(original.bytes()).isEqualTo(needed + config);
    // Another layer, or a changed file, is another entry.
    cache.backbone(remote, LAYER - 1);
    assertThat(original.bytes()).isGreaterThan(needed + config);
    long before = original.bytes();
    cache.backbone(new Folder(original, "v2"), LAYER);
    assertThat(original.bytes()).isEqualTo(before + needed + config);
  }

  @Test
  void aHeadIsTheSameHead() throws IOException {
    Folder head = new Folder(original.folder("head"), "v1");
    ModelDirectory cached = cache.head(head);
    assertThat(HeadFiles.read(cached))
        .usingRecursiveComparison()
        .isEqualTo(HeadFiles.read(bundled().folder("head")));
    long fetched = original.bytes();
    cache.head(head);
    assertThat(original.bytes()).isEqualTo(fetched);
  }

  @Test
  void aFetchThatBreaksOffLeavesNothingThatIsRead() throws IOException {
    Folder broken = new Folder(CountingDirectory.breakingOff(original, 100_000), "v1");
    assertThatThrownBy(() -> cache.backbone(broken, LAYER)).hasMessage("connection lost");
    assertThat(entries()).isEmpty();
    assertThat(cache.backbone(remote, LAYER).exists("config.json")).isTrue();
    assertThat(entries()).hasSize(1);
  }

  @Test
  void leftoversOfAKilledProcessAreReplaced() throws IOException {
    cache.backbone(remote, LAYER);
    Path entry = entries().get(0);
    // As if killed just before the rename, in the midst of a file.
    Path part = entry.resolveSibling(entry.getFileName() + ".part");
    Files.move(entry, part);
    Files.write(part.resolve("model.safetensors"), new byte[100]);
    long before = original.bytes();
    ModelDirectory cached = cache.backbone(remote, LAYER);
    assertThat(original.bytes()).isGreaterThan(before);
    assertThat(part).doesNotExist();
    try (Checkpoint cut = Checkpoint.open(cached)) {
      assertThat(cut.names()).isNotEmpty();
    }
  }

  @Test
  void aDamagedEntryIsFetchedAgain() throws IOException {
    cache.backbone(remote, LAYER);
    Path weights = entries().get(0).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    byte[] damaged = bytes.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(weights, damaged);
    long before = original.bytes();
    cache.backbone(remote, LAYER);
    assertThat(original.bytes()).isGreaterThan(before);
    assertThat(Files.readAllBytes(weights)).isEqualTo(bytes);

    Files.delete(entries().get(0).resolve("config.json"));
    assertThat(cache.backbone(remote, LAYER).exists("config.json")).isTrue();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void isPrivateAndNeverReadThroughLinks() throws IOException {
    cache.backbone(remote, LAYER);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root)))
        .isEqualTo("rwx------");
    Path entry = entries().get(0);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(entry)))
        .isEqualTo("rwx------");

    Path elsewhere = Files.move(entry, folder.resolve("elsewhere"));
    Files.createSymbolicLink(entry, elsewhere);
    assertThatThrownBy(() -> cache.backbone(remote, LAYER))
        .hasMessage(
            "Cannot use the model cache %s: it is no directory, or a symbolic link to one; name another directory with ‹modelCache›",
            entry);

    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> new ModelCache(open).backbone(remote, LAYER))
        .hasMessageContaining("others can write to it");
    Path link = Files.createSymbolicLink(folder.resolve("link"), elsewhere);
    assertThatThrownBy(() -> new ModelCache(link).backbone(remote, LAYER))
        .hasMessageContaining("a symbolic link");
  }

  @Test
  void threadsAtTheSameTimeFetchOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<ModelDirectory>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(pool.submit(() -> new ModelCache(root).backbone(remote, LAYER)));
      }
      for (Future<ModelDirectory> one : all) {
        assertThat(one.get(60, TimeUnit.SECONDS).exists("model.safetensors")).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
    long once = original.bytes();
    new ModelCache(folder.resolve("other")).backbone(remote, LAYER);
    assertThat(original.bytes()).isEqualTo(2 * once);
  }

  @Test
  void processesAtTheSameTimeFetchOnce() throws Exception {
    Path log = folder.resolve("fetches");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      processes.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Fetcher.class.getName(),
                  root.toString(),
                  log.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("process" + i).toFile())
              .start());
    }
    for (int i = 0; i < 2; i++) {
      assertThat(processes.get(i).waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(processes.get(i).exitValue())
          .as(Files.readString(folder.resolve("process" + i)))
          .isZero();
    }
    assertThat(Files.readString(log)).isEqualTo("fetched\n");
  }

  /** Runs in a process of its own. */
  static final class Fetcher {

    private Fetcher() {}

    public static void main(String[] args) throws IOException {
      ModelDirectory cached =
          new ModelCache(Path.of(args[0]))
              .backbone(new Folder(new Logging(bundled(), Path.of(args[1])), "v1"), LAYER);
      try (Checkpoint checkpoint = Checkpoint.open(cached)) {
        BackbonePlan.of(cached, checkpoint, LAYER);
      }
    }
  }

  private static ModelDirectory bundled() {
    return new ResourceDirectory(ModelCache.class, MODEL);
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(path -> !path.getFileName().toString().endsWith(".lock")).toList();
    }
  }

  /** A store that writes down when the weights are opened. */
  private record Logging(ModelDirectory directory, Path log) implements ModelDirectory {

    @Override
    public String name() {
      return directory.name();
    }

    @Override
    public boolean exists(String file) throws IOException {
      return directory.exists(file);
    }

    @Override
    public RandomAccessSource open(String file) throws IOException {
      if (file.equals("model.safetensors")) {
        Files.writeString(log, "fetched\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
      return directory.open(file);
    }
  }
}
