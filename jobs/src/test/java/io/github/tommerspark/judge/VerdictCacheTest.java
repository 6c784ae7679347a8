package io.github.tommerspark.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictCacheTest {

  private static final Answer YES = new Answer(Verdict.YES, "A city 🗼.\nyes", false, 300, 20);
  private static final Answer UNCLEAR = new Answer(Verdict.UNCLEAR, "", true, 0, 0);

  private final Question first = question("first");
  private final Question second = question("second");

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("new/cache.jsonl");
  }

  @Test
  void keepsAnswers() throws IOException {
    try (VerdictCache cache = VerdictCache.open(file)) {
      assertThat(cache.get(first)).isEmpty();
      cache.put(first, YES);
      // There before the cache is closed.
      assertThat(Files.readAllLines(file)).hasSize(1);
      cache.put(second, UNCLEAR);
      assertThat(cache.get(first)).contains(YES);
    }
    try (VerdictCache cache = VerdictCache.open(file)) {
      assertThat(cache.get(first)).contains(YES);
      assertThat(cache.get(second)).contains(UNCLEAR);
      assertThat(cache.get(question("third"))).isEmpty();
    }
    assertThat(Files.readAllLines(file).get(1))
        .startsWith("{\"key\":\"" + second.key() + "\",\"verdict\":null,");
  }

  @Test
  void aLineThatIsTornAnywhereIsForgottenAndTheOthersAreNot() throws IOException {
    try (VerdictCache cache = VerdictCache.open(file)) {
      cache.put(first, YES);
      cache.put(second, YES);
    }
    byte[] whole = Files.readAllBytes(file);
    // Both lines have the same length.
    int firstLine = whole.length / 2;
    for (int length = firstLine; length <= whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      try (VerdictCache cache = VerdictCache.open(file)) {
        assertThat(cache.get(first)).contains(YES);
        // Only the line break is missing from a line of whole.length - 1.
        assertThat(cache.get(second).isPresent()).isEqualTo(length >= whole.length - 1);
        cache.put(second, UNCLEAR);
      }
      try (VerdictCache cache = VerdictCache.open(file)) {
        assertThat(cache.get(first)).contains(YES);
        assertThat(cache.get(second)).contains(UNCLEAR);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\": \"a document\"}\n",
        "{\"text\": \"a document\"}",
        "id,text\n1,a\n",
        "id",
        "\n",
        "{\"key\":\"k\",\"verdict\":\"yes\"}\n"
      })
  void anotherFileIsRefusedAndLeftAlone(String content) throws IOException {
    Path other = Files.writeString(folder.resolve("docs.jsonl"), content);
    assertThatThrownBy(() -> VerdictCache.open(other))
        .isInstanceOf(JudgeException.class)
        .hasMessageStartingWith("Cannot use the cache " + other + ": ")
        .hasMessageEndingWith(
            "line %sis not a verdict; name another --cache"
                .formatted(content.endsWith("\n") ? "1 " : ""));
    assertThat(other).hasContent(content);
  }

  @Test
  void twoRunsCannotShareIt() throws IOException {
    try (VerdictCache cache = VerdictCache.open(file)) {
      cache.put(first, YES);
      assertThatThrownBy(() -> VerdictCache.open(file))
          .isInstanceOf(JudgeException.class)
          .hasMessageContaining("another run is using it");
    }
    VerdictCache.open(file).close();
    assertThat(List.of(Files.readString(file).split("\n"))).hasSize(1);
  }

  static Question question(String name) {
    return new JudgePrompt("judge", 30, 100).question(name, 0, name.length());
  }
}
