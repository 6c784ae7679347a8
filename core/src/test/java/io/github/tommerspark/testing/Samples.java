package io.github.tommerspark.testing;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** Particular golden files, for tests that need these and not whatever {@link Golden} holds. */
public final class Samples {

  private Samples() {}

  /**
   * A file or folder of the golden references on the class path.
   *
   * @param name its path below {@code /golden}
   * @return its path, whatever {@code tommer.golden} says
   */
  public static Path path(String name) {
    URL resource = Samples.class.getResource("/golden/" + name);
    if (resource == null) {
      throw new IllegalStateException("Cannot find the resource /golden/" + name);
    }
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("Cannot find the resource " + resource, e);
    }
  }
}
