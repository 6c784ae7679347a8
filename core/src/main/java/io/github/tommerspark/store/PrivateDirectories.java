package io.github.tommerspark.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories that nobody else can have prepared: weights are read from them without a doubt. */
final class PrivateDirectories {

  private PrivateDirectories() {}

  /**
   * Makes a directory, readable by its owner only, or checks the one that is there.
   *
   * @throws IOException if it cannot be made, or is not to be trusted
   */
  static void create(Path directory) throws IOException {
    Files.createDirectories(directory.getParent());
    try {
      if (isPosix(directory)) {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(directory);
      }
    } catch (FileAlreadyExistsException e) {
      require(directory);
    }
  }

  /**
   * Refuses what is no directory of this user's, such as a symbolic link, and what others can write
   * to.
   */
  static void require(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw refused(directory, "it is no directory, or a symbolic link to one");
    }
    if (!isPosix(directory)) {
      return;
    }
    PosixFileAttributes attributes =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    UserPrincipal user = user();
    if (!attributes.owner().equals(user)) {
      throw refused(
          directory,
          "it belongs to %s, not to %s".formatted(attributes.owner().getName(), user.getName()));
    }
    if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw refused(directory, "others can write to it");
    }
  }

  /** Deletes a directory and all in it; links are deleted, not followed. */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> contents;
    try (Stream<Path> walk = Files.walk(directory)) {
      contents = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : contents) {
      Files.deleteIfExists(path);
    }
  }

  /** As files name their owner: in a container, users may have a number only. */
  private static UserPrincipal user() throws IOException {
    Path file = Files.createTempFile("tommer-spark", null);
    try {
      return Files.getOwner(file);
    } finally {
      Files.delete(file);
    }
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static IOException refused(Path directory, String reason) {
    return new IOException(
        "Cannot use the model cache %s: %s; name another directory with --model-cache"
            .formatted(directory, reason));
  }
}
