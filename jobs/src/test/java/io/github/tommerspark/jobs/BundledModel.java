package io.github.tommerspark.jobs;

import io.github.tommerspark.detect.MentionDetector;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A bundled model as a directory of files, as a user would have one. */
public final class BundledModel {

  private static final List<String> FILES =
      List.of(
          "config.json",
          "tokenizer.json",
          "tommer.json",
          "model.safetensors",
          "head/boundary.json",
          "head/tommer.json",
          "head/model.safetensors");

  private BundledModel() {}

  public static void unpack(String name, Path directory) throws IOException {
    for (String file : FILES) {
      Path copy = directory.resolve(file);
      Files.createDirectories(copy.getParent());
      try (InputStream in =
          MentionDetector.class.getResourceAsStream(
              "/io/github/tommerspark/models/" + name + "/" + file)) {
        Files.copy(in, copy);
      }
    }
  }
}
