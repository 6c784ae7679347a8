package io.github.tommerspark.hub;

import io.github.tommerspark.checkpoint.AtomicFile;
import io.github.tommerspark.disk.PrivateDirectories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The cache of a Hub's models on the local disk, which other programs share:
 *
 * <pre>{@code
 * models--ORG--NAME/blobs/HASH                   contents, by SHA-256 or the hash that git gives them
 * models--ORG--NAME/refs/REVISION                the commit that a branch or tag was at
 * models--ORG--NAME/snapshots/COMMIT/FILE        a link to a blob
 * .locks/models--ORG--NAME/HASH.tommer.lock      held by who fetches a blob
 * }</pre>
 */
public final class HubCache {

  private static final int MAX_REF_BYTES = 256;
  private static final String GGUF = ".gguf";

  private static final PrivateDirectories DIRECTORIES =
      new PrivateDirectories(
          "the Hub's cache",
          "name a directory of your own in the environment variable HF_HUB_CACHE");

  private final Path root;

  /**
   * A cache in a directory, which need not be there.
   *
   * @param root the directory of repositories
   */
  public HubCache(Path root) {
    this.root = root;
  }

  /**
   * The cache that the environment names.
   *
   * @throws HubException if a variable makes no sense
   */
  public static HubCache ofEnvironment() throws HubException {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "")));
  }

  static HubCache of(Map<String, String> environment, Path userHome) throws HubException {
    return new HubCache(HubSettings.cache(environment, userHome));
  }

  /** The directory of repositories. */
  public Path root() {
    return root;
  }

  /**
   * Finds what was fetched before, by this program or another. Asks nothing of the Hub.
   *
   * @param id the model
   * @return the directory of the snapshot, or its GGUF file where one is named or nothing else is
   *     in it
   * @throws HubException if it is not in the cache or not whole; the message says how to fetch it
   */
  public Path find(RepositoryId id) throws HubException {
    try {
      Optional<Path> snapshot = snapshot(id);
      if (snapshot.isEmpty()) {
        throw new HubException(
            "Cannot find %s: there is no such directory, and it is not in the Hub's cache %s; fetch it with: %s"
                .formatted(id, root, id.pullCommand()));
      }
      requireNotOpen(root.resolve(id.folder()), snapshot.get());
      return whole(id, snapshot.get());
    } catch (HubException e) {
      throw e;
    } catch (PrivateDirectories.RefusedException e) {
      throw new HubException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new HubException("Cannot read the Hub's cache %s: %s".formatted(root, e), e);
    }
  }

  /** A cache may belong to somebody else, who shares it, but not to everybody. */
  private static void requireNotOpen(Path repository, Path snapshot) throws IOException {
    for (Path directory :
        List.of(repository, repository.resolve("blobs"), snapshot.getParent(), snapshot)) {
      if (Files.exists(directory)) {
        DIRECTORIES.requireNotOpen(directory);
      }
    }
  }

  /** The directory of a revision, in whatever state. */
  Optional<Path> snapshot(RepositoryId id) throws IOException {
    Path repository = root.resolve(id.folder());
    String commit = id.revision();
    if (!id.isCommit()) {
      Path ref = repository.resolve("refs").resolve(id.revision());
      if (!Files.isRegularFile(ref) || Files.size(ref) > MAX_REF_BYTES) {
        return Optional.empty();
      }
      commit = Files.readString(ref, StandardCharsets.ISO_8859_1).strip();
      if (!RepositoryId.isCommit(commit)) {
        return Optional.empty();
      }
    }
    Path snapshot = repository.resolve("snapshots").resolve(commit);
    return Files.isDirectory(snapshot) ? Optional.of(snapshot) : Optional.empty();
  }

  private static Path whole(RepositoryId id, Path snapshot) throws IOException {
    if (id.file() != null) {
      Path file = snapshot.resolve(id.file());
      if (Files.isRegularFile(file)) {
        return file;
      }
      throw incomplete(id, snapshot, id.file());
    }
    List<String> names = names(snapshot);
    RepositoryFiles files = new RepositoryFiles(names);
    List<String> gguf = names.stream().filter(name -> name.endsWith(GGUF)).toList();
    if (files.kind().isEmpty() && !gguf.isEmpty()) {
      if (gguf.size() > 1) {
        throw new HubException(
            "Cannot choose among the GGUF files of %s: name one, as in %s"
                .formatted(id, id.withFile(gguf.get(0))));
      }
      return snapshot.resolve(gguf.get(0));
    }
    Optional<String> missing = files.missing(snapshot);
    if (missing.isPresent()) {
      throw incomplete(id, snapshot, missing.get());
    }
    return snapshot;
  }

  /** The kind of thing that a whole snapshot holds. */
  static RepositoryFiles.Kind kind(Path snapshot) throws IOException {
    return new RepositoryFiles(names(snapshot)).kind().orElseThrow();
  }

  private static HubException incomplete(RepositoryId id, Path snapshot, String missing) {
    return new HubException(
        "Cannot use %s: %s lacks %s; fetch it with: %s"
            .formatted(id, snapshot, missing, id.pullCommand()));
  }

  /** Files of a snapshot that are there, with those one folder down; dangling links are not. */
  private static List<String> names(Path snapshot) throws IOException {
    List<String> names = new ArrayList<>();
    // Listed, not walked: others may add to it meanwhile.
    for (Path path : listed(snapshot)) {
      String name = path.getFileName().toString();
      if (Files.isRegularFile(path)) {
        names.add(name);
      } else if (Files.isDirectory(path)) {
        for (Path below : listed(path)) {
          if (Files.isRegularFile(below)) {
            names.add(name + "/" + below.getFileName());
          }
        }
      }
    }
    Collections.sort(names);
    return names;
  }

  private static List<Path> listed(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  // --- writing ---------------------------------------------------------------------------------

  /**
   * The directories of a repository, made or checked: links into them were not made by others.
   *
   * @throws IOException if one cannot be made, or is not to be trusted
   */
  Repository open(RepositoryId id) throws IOException {
    Files.createDirectories(root);
    Path folder = root.resolve(id.folder());
    Path locks = root.resolve(".locks");
    for (Path directory :
        List.of(
            folder,
            folder.resolve("blobs"),
            folder.resolve("refs"),
            folder.resolve("snapshots"),
            locks,
            locks.resolve(id.folder()))) {
      DIRECTORIES.createReadable(directory);
    }
    return new Repository(folder, locks.resolve(id.folder()));
  }

  /**
   * The folder of one repository.
   *
   * @param folder with blobs, refs and snapshots
   * @param locks of its blobs
   */
  record Repository(Path folder, Path locks) {

    /** Returns the path of a content, there or not. */
    Path blob(String hash) {
      return folder.resolve("blobs").resolve(hash);
    }

    /**
     * Returns the path of the part of a content that has arrived. The name is ours: others may be
     * writing theirs.
     */
    Path incomplete(String hash) {
      return folder.resolve("blobs").resolve(hash + ".tommer.incomplete");
    }

    Path lock(String hash) {
      return locks.resolve(hash + ".tommer.lock");
    }

    Path snapshot(String commit) {
      return folder.resolve("snapshots").resolve(commit);
    }

    /**
     * Puts a file into a snapshot; where links cannot be made, as a copy.
     *
     * @param file its name, relative to the snapshot
     */
    void link(String commit, String file, String hash) throws IOException {
      Path snapshot = snapshot(commit);
      DIRECTORIES.createReadable(snapshot);
      Path place = snapshot.resolve(file);
      for (Path parent = snapshot; !parent.equals(place.getParent()); ) {
        parent = parent.resolve(parent.relativize(place).getName(0));
        DIRECTORIES.createReadable(parent);
      }
      Path target = Objects.requireNonNull(place.getParent()).relativize(blob(hash));
      if (Files.isSymbolicLink(place) && Files.readSymbolicLink(place).equals(target)) {
        return;
      }
      // Not in the snapshot, where others look.
      Path draft = blob("." + UUID.randomUUID());
      try {
        try {
          Files.createSymbolicLink(draft, target);
        } catch (UnsupportedOperationException | FileSystemException e) {
          Files.copy(blob(hash), draft);
        }
        Files.move(draft, place, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(draft);
      }
    }

    /** Records the commit that a branch or tag is at. */
    void point(String revision, String commit) throws IOException {
      if (RepositoryId.isCommit(revision)) {
        return;
      }
      Path place = folder.resolve("refs").resolve(revision);
      Files.createDirectories(place.getParent());
      try {
        if (Files.readString(place, StandardCharsets.ISO_8859_1).equals(commit)) {
          return;
        }
      } catch (NoSuchFileException e) {
        // The first time.
      }
      AtomicFile.write(place, out -> out.write(commit.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Returns whether a content is there, whoever put it there; links to a common store count. */
    boolean hasBlob(String hash) {
      return Files.isRegularFile(blob(hash));
    }

    /** Moves a content to its place, in the place of a damaged one. */
    void install(String hash) throws IOException {
      Files.move(incomplete(hash), blob(hash), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes what has arrived of a content, without following a link. */
    void discard(String hash) throws IOException {
      Files.deleteIfExists(incomplete(hash));
    }

    /** Returns the number of bytes of a content that have arrived. */
    long arrived(String hash) throws IOException {
      Path file = incomplete(hash);
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
    }
  }
}
