package io.github.tommerspark.jobs.dataset;

import io.github.tommerspark.message.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

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

  /**
   * Replaces a bare name of shipped data by {@code NAME=FILE}, once for each of its files that
   * types are learned from: the passages that were written for that belong to {@code train}.
   *
   * @param given such pairs, and names of shipped data
   * @param part of the data, such as {@code train}
   * @return pairs
   * @throws UserException if shipped data are named and are not there
   */
  public static List<String> named(List<String> given, String part) {
    return named(given, part, System.getenv(VARIABLE));
  }

  static List<String> named(List<String> given, String part, String data) {
    List<String> names =
        part.equals("train") ? List.of("train.jsonl", "written.jsonl") : List.of(part + ".jsonl");
    return given.stream()
        .flatMap(
            argument ->
                argument.equals(OPEN_ENTITIES)
                    ? names.stream().map(name -> argument + "=" + existing(argument, data, name))
                    : Stream.of(argument))
        .toList();
  }

  /**
   * The table of broader types of shipped data.
   *
   * @param given names of data, or anything else
   * @return null if no shipped data are named
   * @throws UserException if the table is not there
   */
  public static String types(List<String> given) {
    return given.contains(OPEN_ENTITIES)
        ? existing(OPEN_ENTITIES, System.getenv(VARIABLE), "types.tsv")
        : null;
  }

  static String file(String path, String part, String data) {
    if (!path.equals(OPEN_ENTITIES) || Files.exists(Path.of(path))) {
      return path;
    }
    return existing(path, data, part + ".jsonl");
  }

  private static String existing(String path, String data, String name) {
    Path file = data == null ? null : Path.of(data, path, name);
    if (file == null || !Files.isRegularFile(file)) {
      throw new UserException(
          "Cannot find the data %s: %s; start with ./submit.sh, or name a file such as data/%s/%s of the project"
              .formatted(
                  path,
                  file == null ? VARIABLE + " is not set" : "there is no file " + file,
                  path,
                  name));
    }
    return file.toString();
  }
}
