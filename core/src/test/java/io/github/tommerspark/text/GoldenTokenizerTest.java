package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ids and offsets of the reference implementation, for every kind and text of golden/tokenizers.
 */
class GoldenTokenizerTest {

  static List<Path> kinds() {
    return Tokenizers.directories();
  }

  @Test
  void thereAreKinds() {
    assertThat(kinds()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void idsAndOffsetsAreThoseOfTheReference(Path kind) throws IOException {
    JsonNode cases = new ObjectMapper().readTree(kind.resolve("cases.json").toFile()).get("cases");
    assertThat(cases).isNotEmpty();
    SoftAssertions all = new SoftAssertions();
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      for (JsonNode golden : cases) {
        check(all, tokenizer, golden);
      }
    }
    all.assertAll();
  }

  /** Texts that reach backbones in the references were tokenised with the same files. */
  @ParameterizedTest
  @MethodSource("backbones")
  void idsOfBackboneBatchesAreThoseOfTheReference(Path backbone) throws IOException {
    JsonNode batches = new ObjectMapper().readTree(backbone.resolve("batches.json").toFile());
    int compared = 0;
    try (TextTokenizer tokenizer = Tokenizers.load(backbone)) {
      for (JsonNode batch : batches.get("batches")) {
        for (int row = 0; row < batch.get("texts").size(); row++) {
          int[] expected = ints(batch.get("input_ids").get(row));
          int length = batch.get("lengths").get(row).asInt();
          TokenizedText tokens = tokenizer.encode(batch.get("texts").get(row).asText());
          assertThat(ids(tokenizer, tokens)).isEqualTo(Arrays.copyOf(expected, length));
          compared++;
        }
      }
    }
    assertThat(compared).isPositive();
  }

  static List<Path> backbones() throws IOException {
    return Golden.directories("backbones").stream()
        .filter(path -> Files.exists(path.resolve("batches.json")))
        .toList();
  }

  private static void check(SoftAssertions all, TextTokenizer tokenizer, JsonNode golden) {
    String text = golden.get("text").asText();
    int[] mask = ints(golden.get("special_tokens_mask"));
    int[] expectedIds = ints(golden.get("ids"));
    TokenizedText tokens = tokenizer.encode(text);
    all.assertThat(ids(tokenizer, tokens)).as("ids of <%s>", text).isEqualTo(expectedIds);

    CodePointOffsets codePoints = CodePointOffsets.of(text);
    List<List<Integer>> offsets = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      offsets.add(
          List.of(codePoints.toCodePoint(tokens.start(i)), codePoints.toCodePoint(tokens.end(i))));
    }
    List<List<Integer>> expectedOffsets =
        IntStream.range(0, mask.length)
            .filter(i -> mask[i] == 0)
            .mapToObj(i -> Arrays.stream(ints(golden.get("offsets").get(i))).boxed().toList())
            .toList();
    all.assertThat(offsets).as("offsets of <%s>", text).isEqualTo(expectedOffsets);
    int leading = (int) IntStream.range(0, mask.length).takeWhile(i -> mask[i] == 1).count();
    if (!expectedOffsets.isEmpty()) {
      all.assertThat(tokenizer.prefixIds()).as("prefix").hasSize(leading);
    }
  }

  /** Prefix, content and suffix. */
  private static int[] ids(TextTokenizer tokenizer, TokenizedText tokens) {
    int[] prefix = tokenizer.prefixIds();
    int[] suffix = tokenizer.suffixIds();
    int[] ids = Arrays.copyOf(prefix, prefix.length + tokens.size() + suffix.length);
    tokens.copyIds(0, tokens.size(), ids, prefix.length);
    System.arraycopy(suffix, 0, ids, prefix.length + tokens.size(), suffix.length);
    return ids;
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }
}
