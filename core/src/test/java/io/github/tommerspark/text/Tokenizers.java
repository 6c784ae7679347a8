package io.github.tommerspark.text;

import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** The golden tokenizers. */
final class Tokenizers {

  private Tokenizers() {}

  /** Every directory of golden/tokenizers. */
  static List<Path> directories() {
    return Golden.directories("tokenizers");
  }

  static TextTokenizer load(String kind) {
    return load(Golden.committed().resolve("tokenizers").resolve(kind));
  }

  static TextTokenizer load(Path directory) {
    return load(directory, BosPolicy.TOKENIZER, OptionalInt.empty());
  }

  static TextTokenizer load(Path directory, BosPolicy policy, OptionalInt bosTokenId) {
    Path file = directory.resolve("tokenizer.json");
    try (InputStream in = Files.newInputStream(file)) {
      return TextTokenizer.load(file.toString(), in, policy, bosTokenId);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
