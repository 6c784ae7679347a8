package io.github.tommerspark.jobs;

import io.github.tommerspark.source.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * Annotates, goes on with what is there, compares and evaluates in one locale and zone after the
 * other, in the working directory, and tells what was written.
 */
public final class LocaleApplication {

  private LocaleApplication() {}

  /**
   * Runs the commands.
   *
   * @param args the file that receives a line for each locale and zone: a digest of all results,
   *     and their names; then locale/zone pairs
   */
  public static void main(String[] args) throws IOException {
    Files.createDirectories(Path.of("in"));
    String text = "Zoë Müller was born in İzmir, Türkiye, on 1. 2. 1867, and saw %d cities.";
    for (int file = 0; file < 2; file++) {
      Files.writeString(
          Path.of("in", file + ".jsonl"),
          "{\"id\": \"I%d\", \"text\": \"%s\"}%n"
              .formatted(file, text.formatted(file))
              .replace(System.lineSeparator(), "\n"),
          StandardCharsets.UTF_8);
    }
    Files.writeString(
        Path.of("gold.jsonl"),
        "{\"id\": \"I\", \"text\": \"%s\", \"entities\": [{\"start\": 0, \"end\": 10, \"type\": \"INDIVIDUAL\"}]}\n"
            .formatted(text.formatted(1)),
        StandardCharsets.UTF_8);
    StringBuilder told = new StringBuilder();
    for (String place : List.of(args).subList(1, args.length)) {
      String[] parts = place.split("=", 2);
      Locale.setDefault(Locale.forLanguageTag(parts[0]));
      TimeZone.setDefault(TimeZone.getTimeZone(parts[1]));
      told.append(results()).append('\n');
    }
    Files.writeString(Path.of(args[0]), told, StandardCharsets.UTF_8);
    System.exit(0);
  }

  private static String results() throws IOException {
    for (String output : List.of("out", "growing", "grown", "agreement", "scores")) {
      FileUtils.deleteDirectory(Path.of(output).toFile());
    }
    run(
        "annotate --input in --output-format json --output out --model nano-llama --model nano-neox");
    Files.createDirectories(Path.of("growing"));
    for (int file = 0; file < 2; file++) {
      String name = file + ".jsonl";
      Files.copy(Path.of("in", name), Path.of("growing", name));
      run(
          "annotate --input growing --output-format json --output grown --model nano-neox --incremental");
    }
    run("agree --dataset out --output agreement --replicates 50");
    run("evaluate --gold gold=gold.jsonl --model nano-llama --output scores --keep-unannotated");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    StringBuilder names = new StringBuilder();
    for (String output : List.of("out", "grown", "agreement", "scores")) {
      try (Stream<Path> files = Files.walk(Path.of(output))) {
        for (Path file : files.filter(LocaleApplication::isResult).sorted().toList()) {
          all.write(Files.readAllBytes(file));
          names.append(' ').append(file.getFileName().toString().replaceFirst("^part-.*", "part"));
        }
      }
    }
    return Sha256.hex(all.toByteArray()) + names;
  }

  /** Not the records of a run, which tell when it was. */
  private static boolean isResult(Path file) {
    return Files.isRegularFile(file)
        && !file.toString().contains("_tommer")
        && file.getFileName().toString().matches(".*\\.(json|csv)");
  }

  private static void run(String command) {
    int code = TommerSpark.run(command.split(" "), Map.of(), System.err);
    if (code != 0) {
      throw new IllegalStateException(command + " ended with " + code);
    }
  }
}
