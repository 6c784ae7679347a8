package io.github.tommerspark.detect;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Names of models and heads in the jars of the class path: each jar lists its own in a resource of
 * one name.
 */
final class BundledNames {

  private static final String LISTS = "META-INF/tommer-spark/";

  private BundledNames() {}

  /**
   * Reads the names in all lists of a kind.
   *
   * @param kind {@code models} or {@code heads}
   * @return the names, sorted
   * @throws UncheckedIOException if a list cannot be read
   */
  static List<String> of(String kind) {
    SortedSet<String> names = new TreeSet<>();
    try {
      for (URL list :
          Collections.list(BundledNames.class.getClassLoader().getResources(LISTS + kind))) {
        try (InputStream in = list.openStream()) {
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .forEach(names::add);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the list of bundled " + kind, e);
    }
    return List.copyOf(names);
  }
}
