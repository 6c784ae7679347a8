package io.github.tommerspark.jobs.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A small task to train on: capitalised names in sentences of several lengths. */
final class TrainFixture {

  private static final List<String> NAMES =
      List.of("Marie Curie", "Warsaw", "Ada Lovelace", "the University of Paris", "Japan", "Kyoto");

  private TrainFixture() {}

  /** Writes {@code train.jsonl} and {@code dev.jsonl}. */
  static void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("train.jsonl"), documents(0, 60), StandardCharsets.UTF_8);
    Files.writeString(folder.resolve("dev.jsonl"), documents(60, 80), StandardCharsets.UTF_8);
  }

  private static String documents(int from, int to) {
    StringBuilder lines = new StringBuilder();
    for (int i = from; i < to; i++) {
      String first = NAMES.get(i % NAMES.size());
      String second = NAMES.get((i * 5 + 2) % NAMES.size());
      String text =
          "Yesterday %s wrote%s to %s.".formatted(first, " a letter".repeat(i % 4), second);
      int second0 = text.length() - 1 - second.length();
      lines.append(
          "{\"id\": \"%d\", \"text\": \"%s\", \"entities\": [{\"start\": 10, \"end\": %d}, {\"start\": %d, \"end\": %d}]}\n"
              .formatted(i, text, 10 + first.length(), second0, text.length() - 1));
    }
    return lines.toString();
  }

  /** Arguments of a small training. */
  static String[] arguments(Path folder, String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--train",
                folder.resolve("train.jsonl").toString(),
                "--dev",
                folder.resolve("dev.jsonl").toString(),
                "--output",
                folder.resolve(output).toString(),
                "--device",
                "cpu"));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--backbone")) {
      arguments.addAll(List.of("--backbone", "nano-llama"));
    }
    return arguments.toArray(String[]::new);
  }

  /** The bytes of the weights of every head of an output, by its label. */
  static Map<String, String> weights(Path output) throws IOException {
    Map<String, String> weights = new TreeMap<>();
    try (Stream<Path> heads = Files.list(output)) {
      for (Path head : heads.filter(Files::isDirectory).toList()) {
        weights.put(
            head.getFileName().toString(),
            new String(
                Files.readAllBytes(head.resolve("model.safetensors")),
                StandardCharsets.ISO_8859_1));
      }
    }
    return weights;
  }
}
