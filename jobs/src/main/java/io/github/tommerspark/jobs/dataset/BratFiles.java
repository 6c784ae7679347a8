package io.github.tommerspark.jobs.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * The files of brat's standoff among gold files. A text and its mentions are called alike; brat's
 * settings and whatever else lies beside them are no gold.
 *
 * @param pairs in the order of their names
 * @param others that are to be read in other ways
 */
record BratFiles(List<Pair> pairs, List<Path> others) {

  /** Extension of files of mentions. */
  static final String MENTIONS = ".ann";

  private static final String TEXT = ".txt";
  private static final String SETTINGS = ".conf";

  /**
   * A text and its mentions, either of which need not be there.
   *
   * @param name both files without their extension
   */
  record Pair(String name, Path text, Path mentions) {}

  /**
   * Finds the pairs.
   *
   * @param files all gold files
   * @param format of all; null to go by their names, where a {@code .txt} belongs to the {@code
   *     .ann} that is given with it, and settings are known by {@code .conf}
   */
  static BratFiles in(List<Path> files, GoldSource format) {
    Map<String, Pair> pairs = new TreeMap<>();
    if (format != null && format != GoldSource.BRAT) {
      return new BratFiles(List.of(), files);
    }
    for (Path file : files) {
      boolean text = format == GoldSource.BRAT && file.getName().endsWith(TEXT);
      if (text || file.getName().endsWith(MENTIONS)) {
        String stem = stem(file);
        Path parent = file.getParent();
        pairs.put(
            file.getParent() + "/" + stem,
            new Pair(stem, new Path(parent, stem + TEXT), new Path(parent, stem + MENTIONS)));
      }
    }
    if (format == GoldSource.BRAT) {
      return new BratFiles(List.copyOf(pairs.values()), List.of());
    }
    Set<Path> taken =
        pairs.values().stream()
            .flatMap(pair -> List.of(pair.text(), pair.mentions()).stream())
            .collect(Collectors.toSet());
    List<Path> others = new ArrayList<>(files);
    others.removeAll(taken);
    if (!pairs.isEmpty()) {
      others.removeIf(file -> file.getName().endsWith(SETTINGS));
    }
    return new BratFiles(List.copyOf(pairs.values()), List.copyOf(others));
  }

  private static String stem(Path file) {
    return file.getName().substring(0, file.getName().length() - TEXT.length());
  }
}
