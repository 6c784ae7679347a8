package io.github.tommerspark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where tests find the golden references. */
public final class Golden {

  private Golden() {}

  /**
   * The directory of the golden references.
   *
   * @return the path in the system property {@code tommer.golden}, or else the directory of the
   *     class-path resource {@code /golden}
   */
  public static Path root() {
    String property = System.getProperty("tommer.golden");
    return property != null ? Path.of(property) : committed();
  }

  /**
   * The references of this repository, for tests that need a certain one of them.
   *
   * @return the directory of the class-path resource {@code /golden}
   */
  public static Path committed() {
    URL resource = Golden.class.getResource("/golden");
    if (resource == null) {
      throw new IllegalStateException("Cannot find the resource /golden on the class path");
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("Cannot find the resource " + resource, e);
    }
  }

  /**
   * The directories in a folder of {@link #root()}, for tests that take what is there.
   *
   * @param folder such as {@code backbones}
   * @return them, sorted; none if there is no such folder
   */
  public static List<Path> directories(String folder) {
    Path parent = root().resolve(folder);
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(parent)) {
      return entries.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot list " + parent, e);
    }
  }

  /**
   * The folder of large references that lies beside a checkout and is not part of it.
   *
   * @return the folder {@code ../shared} relative to the root of the build, or to a parent of it;
   *     empty when there is none
   */
  public static Optional<Path> shared() {
    String root = System.getProperty("maven.multiModuleProjectDirectory", "");
    for (Path at = Path.of(root).toAbsolutePath(); at.getParent() != null; at = at.getParent()) {
      Path shared = at.resolveSibling("shared");
      if (Files.isDirectory(shared)) {
        return Optional.of(shared);
      }
    }
    return Optional.empty();
  }
}
