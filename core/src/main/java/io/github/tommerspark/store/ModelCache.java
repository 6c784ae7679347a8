package io.github.tommerspark.store;

import io.github.tommerspark.backbone.BackbonePlan;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.classify.ClassifierFiles;
import io.github.tommerspark.disk.PrivateDirectories;
import io.github.tommerspark.head.Head;
import io.github.tommerspark.head.HeadFiles;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.source.RandomAccessSource;
import io.github.tommerspark.source.Sha256;
import io.github.tommerspark.store.ModelStore.Folder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of remote stores on the local disk, cut to what is needed of them: of a backbone's weights
 * only the tensors up to the probed layer, written as one safetensors file that is read like any
 * other.
 *
 * <p>An entry is a directory named by a hash of the location, the versions of its files and the
 * layer. It is made in a directory beside it and appears whole, by a rename, with checksums of its
 * files; after that it is never changed. Whoever makes or checks one holds a file lock, so that the
 * processes of a machine fetch a model once. An entry with a wrong checksum is fetched anew. What a
 * process left behind when it was killed is removed by the next one that fetches the same model.
 *
 * <p>Directories are readable by their owner only, and none that somebody else could have put there
 * is used. Entries are not removed by themselves: delete the directory when no job is running.
 */
public final class ModelCache {

  private static final Logger LOG = LoggerFactory.getLogger(ModelCache.class);

  /** Changes when entries made by earlier versions can no longer be read. */
  private static final String FORMAT = "1";

  private static final PrivateDirectories DIRECTORIES =
      new PrivateDirectories("the model cache", "name another directory with ‹modelCache›");

  private static final List<String> BACKBONE_FILES = List.of("config.json", "tokenizer.json");
  private static final String RECORD = "tommer.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final int MAX_FILE_BYTES = 256 << 20;

  private final Path root;

  /**
   * A cache in a directory.
   *
   * @param root the directory; made, for its owner only, when something is first fetched
   */
  public ModelCache(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * A backbone cut after a layer, fetched if it is not there.
   *
   * @param folder the snapshot in its store
   * @param layer index of the last block that is needed, from 0
   * @return its config, tokenizer and needed tensors on the local disk, under the name of the
   *     original
   * @throws IOException if the snapshot cannot be read or cut, or the cache cannot be used
   */
  public ModelDirectory backbone(Folder folder, int layer) throws IOException {
    return entry(
        folder,
        "layer " + layer,
        into -> {
          for (String file : BACKBONE_FILES) {
            copy(folder.files(), file, into);
          }
          if (folder.files().exists(RECORD)) {
            copy(folder.files(), RECORD, into);
          }
          try (Checkpoint checkpoint = Checkpoint.open(folder.files())) {
            BackbonePlan plan = BackbonePlan.of(folder.files(), checkpoint, layer);
            try (OutputStream out = newFile(into.resolve(WEIGHTS))) {
              SafetensorsWriter.copy(checkpoint, plan.tensors(), out);
            }
          }
        });
  }

  /**
   * A head, fetched if it is not there.
   *
   * @param folder the head in its store, in any layout
   * @return the head on the local disk, under the name of the original
   * @throws IOException if the head cannot be read, or the cache cannot be used
   */
  public ModelDirectory head(Folder folder) throws IOException {
    return entry(
        folder,
        "head",
        into -> {
          Head head = HeadFiles.read(folder.files());
          HeadFiles.write(head, into);
        });
  }

  /**
   * A span classifier, fetched if it is not there.
   *
   * @param folder the classifier in its store
   * @return the classifier on the local disk, under the name of the original
   * @throws IOException if the classifier cannot be read, or the cache cannot be used
   */
  public ModelDirectory classifier(Folder folder) throws IOException {
    return entry(
        folder,
        "classifier",
        into -> ClassifierFiles.write(ClassifierFiles.read(folder.files()), into));
  }

  private interface Fetch {
    void into(Path directory) throws IOException;
  }

  private ModelDirectory entry(Folder folder, String part, Fetch fetch) throws IOException {
    String key = key(folder, part);
    Path entry = root.resolve(key);
    // File locks are held by the whole process.
    synchronized (ModelCache.class) {
      DIRECTORIES.create(root);
      try (FileChannel file =
              FileChannel.open(
                  root.resolve(key + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS);
          FileLock lock = file.lock()) {
        assert lock.isValid();
        if (Files.exists(entry, LinkOption.NOFOLLOW_LINKS)) {
          DIRECTORIES.require(entry);
          Optional<String> damage = Checksums.damage(entry);
          if (damage.isEmpty()) {
            return new NamedDirectory(folder.files().name(), LocalDirectory.owned(entry));
          }
          LOG.warn("Fetching {} again: {}", folder.files().name(), damage.get());
          PrivateDirectories.delete(entry);
        }
        make(folder, entry, root.resolve(key + ".part"), fetch);
      }
    }
    return new NamedDirectory(folder.files().name(), LocalDirectory.owned(entry));
  }

  private static void make(Folder folder, Path entry, Path part, Fetch fetch) throws IOException {
    long begin = System.nanoTime();
    // Of a process that was killed: the lock is ours, so nobody is writing it.
    PrivateDirectories.delete(part);
    DIRECTORIES.create(part);
    try {
      fetch.into(part);
      Checksums.write(part);
      Files.move(part, entry, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      PrivateDirectories.delete(part);
    }
    LOG.info(
        "Fetched {} to {} in {} s",
        folder.files().name(),
        entry,
        String.format(Locale.ROOT, "%.1f", (System.nanoTime() - begin) / 1e9));
  }

  private static String key(Folder folder, String part) {
    String identity = String.join("\n", FORMAT, folder.files().name(), folder.version(), part);
    return HexFormat.of().formatHex(Sha256.of(identity), 0, 16);
  }

  private static void copy(ModelDirectory from, String file, Path into) throws IOException {
    try (OutputStream out = newFile(into.resolve(file))) {
      out.write(from.readAll(file, MAX_FILE_BYTES));
    }
  }

  private static OutputStream newFile(Path file) throws IOException {
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** A directory under the name of another: messages are to name what the user named. */
  private record NamedDirectory(String name, ModelDirectory directory) implements ModelDirectory {

    @Override
    public boolean exists(String file) throws IOException {
      return directory.exists(file);
    }

    @Override
    public RandomAccessSource open(String file) throws IOException {
      return directory.open(file);
    }
  }
}
