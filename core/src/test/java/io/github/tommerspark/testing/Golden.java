package io.github.tommerspark.testing;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** Where the numerical references are. */
public final class Golden {

  private Golden() {}

  /**
   * The directory that system property {@code tommer.golden} names, else the one on the class path.
   */
  public static Path root() {
    String named = System.getProperty("tommer.golden");
    if (named != null) {
      return Path.of(named);
    }
    URL bundled =
        Objects.requireNonNull(
            Golden.class.getResource("/golden"), "directory /golden is not on the class path");
    try {
      return Path.of(bundled.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("Cannot read golden data at " + bundled, e);
    }
  }
}
