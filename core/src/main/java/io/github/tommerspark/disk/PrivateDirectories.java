package io.github.tommerspark.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
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
import org.jspecify.annotations.Nullable;

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

  /** A directory or file is there that is not to be trusted; the message says why. */
  public static final class RefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    private RefusedException(String message) {
      super(message);
    }
  }

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
   * Refuses what is no directory of this user's, such as a symbolic link, what others can write to,
   * and what lies in a directory that somebody else has put where everybody can.
   *
   * @throws RefusedException saying why it is refused
   * @throws IOException if it cannot be looked at
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
    requireParents(directory.toAbsolutePath().normalize(), user);
    requireParents(directory.toRealPath(), user);
    if (attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw refused(directory, "others can write to it");
    }
  }

  /** Of two users who can write to a directory, one could put a directory for the other's there. */
  private void requireParents(Path directory, UserPrincipal user) throws IOException {
    for (Path parent = directory.getParent();
        parent != null && parent.getParent() != null;
        parent = parent.getParent()) {
      PosixFileAttributes attributes = posix(parent);
      if (!attributes.owner().equals(user)
          && !attributes.owner().getName().equals(ROOT)
          && posix(parent.getParent()).permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
        throw refused(
            directory,
            "%s belongs to %s, not to %s, and everybody can make such a directory"
                .formatted(parent, attributes.owner().getName(), user.getName()));
      }
    }
  }

  /**
   * Refuses links, what belongs to others and what everybody can write to, in a directory that
   * {@link #require} has passed. What its group could write to is out of the group's reach.
   *
   * @throws RefusedException naming the file that is refused
   * @throws IOException if it cannot be looked at
   */
  public void requireContents(Path directory) throws IOException {
    if (!isPosix(directory)) {
      return;
    }
    UserPrincipal user = user();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.toList()) {
        PosixFileAttributes attributes;
        try {
          attributes = posix(path);
        } catch (NoSuchFileException e) {
          // Of another process, which is done with it.
          continue;
        }
        if (attributes.isSymbolicLink()) {
          throw refused(path, "it is a symbolic link");
        } else if (!attributes.owner().equals(user)) {
          throw foreign(path, attributes, user);
        } else if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
          throw refused(path, "everybody can write to it");
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Refuses what is no directory, what belongs neither to this user nor to root, and what everybody
   * can write to. A group may share the directory. Root may use everybody's, as in a container that
   * is given a user's cache.
   *
   * @throws RefusedException saying why it is refused
   * @throws IOException if it cannot be looked at
   */
  public void requireReadable(Path directory) throws IOException {
    requireNotOpen(directory);
    PosixFileAttributes attributes = attributes(directory);
    if (attributes == null) {
      return;
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
   * Refuses what is no directory, and what everybody can write to.
   *
   * @throws RefusedException saying why it is refused
   * @throws IOException if it cannot be looked at
   */
  public void requireNotOpen(Path directory) throws IOException {
    PosixFileAttributes attributes = attributes(directory);
    if (attributes != null && attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      throw refused(directory, "everybody can write to it");
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
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (Path path : contents) {
      Files.deleteIfExists(path);
    }
  }

  /** Null where files have no owner and mode. */
  private @Nullable PosixFileAttributes attributes(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw refused(directory, "it is no directory, or a symbolic link to one");
    }
    return isPosix(directory) ? posix(directory) : null;
  }

  private static PosixFileAttributes posix(Path path) throws IOException {
    return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
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

  private RefusedException foreign(
      Path directory, PosixFileAttributes attributes, UserPrincipal user) {
    return refused(
        directory,
        "it belongs to %s, not to %s".formatted(attributes.owner().getName(), user.getName()));
  }

  private RefusedException refused(Path directory, String reason) {
    return new RefusedException(
        "Cannot use %s %s: %s; %s".formatted(what, directory, reason, remedy));
  }
}
