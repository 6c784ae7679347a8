package io.github.tommerspark.jobs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Runs the failures of the catalogue one after the other, in a JVM of their own: a command that
 * ends stops Spark. What each tells is in a file of its name.
 */
public final class FailureCatalogue {

  private static final String RESOURCE = "failures.txt";

  private FailureCatalogue() {}

  /**
   * A failure.
   *
   * @param name what is wrong
   * @param arguments of the command line
   * @param code with which the process ends
   * @param line the line on standard error after {@code tommer-spark: }; {@code …} stands for
   *     anything
   */
  record Failure(String name, List<String> arguments, int code, String line) {}

  /** The failures: name, arguments, and exit code with line, on three lines each. */
  static List<Failure> all() throws IOException {
    List<String> lines;
    try (InputStream in = FailureCatalogue.class.getResourceAsStream(RESOURCE)) {
      lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .toList();
    }
    List<Failure> failures = new ArrayList<>();
    for (int i = 0; i < lines.size(); i += 3) {
      String[] told = lines.get(i + 2).strip().split(" ", 2);
      failures.add(
          new Failure(
              lines.get(i),
              Arrays.stream(lines.get(i + 1).strip().split(" "))
                  .map(argument -> argument.replace('~', ' '))
                  .toList(),
              Integer.parseInt(told[0]),
              told[1]));
    }
    return failures;
  }

  /** Runs all, in the working directory; {@code args[0]} is the folder for what they tell. */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    List<Failure> failures = all();
    for (Failure failure : failures) {
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int code =
          TommerSpark.run(
              failure.arguments().toArray(String[]::new),
              Map.of(),
              new PrintStream(err, true, StandardCharsets.UTF_8));
      Files.writeString(
          folder.resolve(failure.name()), code + " " + err.toString(StandardCharsets.UTF_8));
    }
    System.exit(0);
  }
}
