package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LongTextEncoderTest {

  static List<Path> kinds() {
    return Tokenizers.directories();
  }

  /** A long text of everything the golden cases contain, hostile pieces included. */
  @ParameterizedTest
  @MethodSource("kinds")
  void piecesGiveTheTokensOfOneCall(Path kind) throws IOException {
    String text = mixture(kind, 60_000);
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      TokenizedText whole = tokenizer.encodeOnce(text);
      // An odd length moves the seams through the text.
      for (int length : new int[] {7_001, 9_998, 20_011}) {
        TokenizedText pieces =
            new LongTextEncoder(tokenizer::encodeOnce, length, 2_000, TextTokenizer.AGREEMENT)
                .encode(text);
        assertThat(TextTokenizerTest.describe(pieces)).isEqualTo(TextTokenizerTest.describe(whole));
      }
    }
  }

  /** The golden texts in random order with words between, without lone surrogates. */
  private static String mixture(Path kind, int length) throws IOException {
    JsonNode cases = new ObjectMapper().readTree(kind.resolve("cases.json").toFile()).get("cases");
    Random random = new Random(5);
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(cases.get(random.nextInt(cases.size())).get("text").asText());
      text.append(random.nextInt(4) == 0 ? "\n" : " and then ");
    }
    return text.toString();
  }

  /** Where pieces cannot agree, every character is still tokenised, and in order. */
  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "\n", "-", "7", "漢", "😀", "e\u0301", "\0", "abc", "a b"})
  void aRunOfOneThingIsNeverCut(String unit) {
    String text = "x" + unit.repeat(5_000) + "y";
    for (String kind : List.of("gpt2", "llama3", "llama2")) {
      try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
        TokenizedText tokens =
            new LongTextEncoder(tokenizer::encodeOnce, 1_000, 100, TextTokenizer.AGREEMENT)
                .encode(text);
        int covered = 0;
        for (int i = 0; i < tokens.size(); i++) {
          assertThat(tokens.start(i)).isLessThanOrEqualTo(covered);
          covered = Math.max(covered, tokens.end(i));
        }
        assertThat(covered).as("%s in %s", unit, kind).isEqualTo(text.length());
      }
    }
  }

  /** A byte-level tokenizer resumes at its own boundary: even without agreement nothing differs. */
  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "-", "7", "漢", "\0"})
  void byteLevelRunsAreThoseOfOneCall(String unit) {
    String text = "x" + unit.repeat(5_000) + " Paris";
    try (TextTokenizer tokenizer = Tokenizers.load("llama3")) {
      TokenizedText pieces =
          new LongTextEncoder(tokenizer::encodeOnce, 1_000, 100, TextTokenizer.AGREEMENT)
              .encode(text);
      assertThat(TextTokenizerTest.describe(pieces))
          .isEqualTo(TextTokenizerTest.describe(tokenizer.encodeOnce(text)));
    }
  }

  /** Between words a piece begins anew before the blank, also if offsets leave blanks out. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "neox", "llama3", "qwen2", "roberta", "bert"})
  void beginningAnewBetweenWordsChangesNothing(String kind) {
    String text = "Ada Lovelace met Charles Babbage in London in 1833. ".repeat(100);
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      LongTextEncoder neverAgreeing =
          new LongTextEncoder(tokenizer::encodeOnce, 1_000, 100, Integer.MAX_VALUE);
      assertThat(ids(neverAgreeing.encode(text))).isEqualTo(ids(tokenizer.encodeOnce(text)));
    }
  }

  private static int[] ids(TokenizedText tokens) {
    int[] ids = new int[tokens.size()];
    tokens.copyIds(0, ids.length, ids, 0);
    return ids;
  }

  /** A word-piece tokenizer makes no token of blanks, and one unknown token of a long word. */
  @Test
  void stretchesWithoutTokensAreCrossed() {
    try (TextTokenizer tokenizer = Tokenizers.load("bert")) {
      LongTextEncoder pieces =
          new LongTextEncoder(tokenizer::encodeOnce, 1_000, 100, TextTokenizer.AGREEMENT);
      String blanks = " ".repeat(5_000) + "x" + " ".repeat(1_895) + "yz " + " ".repeat(5_000);
      assertThat(TextTokenizerTest.describe(pieces.encode(blanks)))
          .isEqualTo(TextTokenizerTest.describe(tokenizer.encodeOnce(blanks)));
      TokenizedText word = pieces.encode("a".repeat(5_000) + " b");
      assertThat(word.start(0)).isZero();
      assertThat(word.end(word.size() - 1)).isEqualTo(5_002);
    }
  }

  /** In one call a run of that many blanks would end the process. */
  @Test
  void twelveMillionBlanksAreHarmless() {
    try (TextTokenizer tokenizer = Tokenizers.load("llama3")) {
      TokenizedText tokens = tokenizer.encode(" ".repeat(12_000_000) + "x");
      assertThat(tokens.end(tokens.size() - 1)).isEqualTo(12_000_001);
    }
  }
}
