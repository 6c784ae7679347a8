package io.github.tommerspark.disk;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Directories that nobody else can have prepared: what is in them is read without a doubt.
 *
 * <p>On file systems without owners and modes nothing but the kind of a directory is checked.
 *
 * @param what they hold, as messages name it, such as {@code the model cache}
 * @param remedy what to do where one is refused
 */
public record PrivateDirectories(String what, String remedy) {

  private static final String ROOT = "root";

  /**
   * Makes a directory, readable by its owner only, or checks the one that is there. Parents are
   * made as others are.
   *
   * @throws IOException if it cannot be made, or is not to be trusted
   */
  public void create(Path directory) throws IOException {
    Files.createDirectories(directory.getParent());
    try {
      Files.createDirectory(directory, mode(directory, "rwx------"));
    } catch (FileAlreadyExistsException e) {
      require(directory);
    }
  }

  /**
   * Makes a directory that others may read, or checks the one that is there as {@link
   * #requireReadable} does.
   *
   * @throws IOException if it cannot be made, or is not to be trusted
   */
  public void createReadable(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, mode(directory, "rwxr-xr-x"));
    } catch (FileAlreadyExistsException e) {
      requireReadable(directory);
    }
  }

  /**
   * Refuses what is no directory of this user's, such as a symbolic link, and what others can write
   * to.
   *
   * @throws IOException saying why it is refused
   */
  public void require(Path directory) throws IOException {
    PosixFileAttributes attributes = attributes(directory);
    if (attributes == null) {
      return;
    }
    UserPrincipal user = user();
    if (!attributes.owner().equals(user)) {
      throw foreign(directory, attributes, user);
    }
    if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw refused(directory, "others can write to it");
    }
  }

  /**
   * Refuses what is no directory, what belongs neither to this user nor to root, and what everybody
   * can write to. A group may share the directory. Root may use everybody's, as in a container that
   * is given a user's cache.
   *
   * @throws IOException saying why it is refused
   */
  public void requireReadable(Path directory) throws IOException {
    PosixFileAttributes attributes = attributes(directory);
    if (attributes == null) {
      return;
    }
    if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw refused(directory, "everybody can write to it");
    }
    if (attributes.owner().getName().equals(ROOT)) {
      return;
    }
    UserPrincipal user = user();
    if (!user.equals(attributes.owner()) && !user.getName().equals(ROOT)) {
      throw foreign(directory, attributes, user);
    }
  }

  /**
   * Deletes a directory and all in it; links are deleted, not followed.
   *
   * @throws IOException if something cannot be deleted
   */
  public static void delete(Path directory) throws IOException {
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

  /** Null where files have no owner and mode. */
  private PosixFileAttributes attributes(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw refused(directory, "it is no directory, or a symbolic link to one");
    }
    return isPosix(directory)
        ? Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        : null;
  }

  private static FileAttribute<?>[] mode(Path directory, String mode) {
    Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
    return isPosix(directory)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
        : new FileAttribute<?>[0];
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

  private IOException foreign(Path directory, PosixFileAttributes attributes, UserPrincipal user) {
    return refused(
        directory,
        "it belongs to %s, not to %s".formatted(attributes.owner().getName(), user.getName()));
  }

  private IOException refused(Path directory, String reason) {
    return new IOException("Cannot use %s %s: %s; %s".formatted(what, directory, reason, remedy));
  }
}
