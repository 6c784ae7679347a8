package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.jobs.cli.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Gold data that comes with the project, in its folder {@code data}, by name: {@code
 * open-entities}.
 */
public final class ShippedData {

  /** The name of the data that the bundled heads are trained on. */
  public static final String OPEN_ENTITIES = "open-entities";

  /** Says where the folder {@code data} is; submit.sh sets it. */
  private static final String VARIABLE = "TOMMER_DATA";

  private ShippedData() {}

  /**
   * Replaces names of shipped data by their files.
   *
   * @param given paths, and names of shipped data that are no path in the working directory
   * @param part of the data, such as {@code train}
   * @return paths
   * @throws UserException if shipped data are named and are not there
   */
  public static List<String> files(List<String> given, String part) {
    return given.stream().map(path -> file(path, part, System.getenv(VARIABLE))).toList();
  }

  static String file(String path, String part, String data) {
    if (!path.equals(OPEN_ENTITIES) || Files.exists(Path.of(path))) {
      return path;
    }
    Path file = data == null ? null : Path.of(data, path, part + ".jsonl");
    if (file == null || !Files.isRegularFile(file)) {
      throw new UserException(
          "Cannot find the data %s: %s; start with ./submit.sh, or name a file such as data/%s/%s.jsonl of the project"
              .formatted(
                  path,
                  file == null ? VARIABLE + " is not set" : "there is no file " + file,
                  path,
                  part));
    }
    return file.toString();
  }
}
