package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class TextTokenizerPropertyTest {

  private static TextTokenizer byteLevel;

  @BeforeContainer
  static void load() {
    byteLevel = Tokenizers.load("gpt2");
  }

  @AfterContainer
  static void close() {
    byteLevel.close();
  }

  @Property(tries = 300)
  void byteLevelTokensCoverEveryCharacter(@ForAll("texts") String text) {
    TokenizedText tokens = byteLevel.encode(text);
    int covered = 0;
    for (int i = 0; i < tokens.size(); i++) {
      assertThat(tokens.start(i)).isLessThanOrEqualTo(covered);
      covered = Math.max(covered, tokens.end(i));
    }
    assertThat(covered).isEqualTo(text.length());
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "Ada",
            " ",
            "  ",
            "\n",
            "\r\n",
            "e\u0301",
            "漢字",
            "😀",
            "👩‍👩‍👧",
            "\ud83d",
            "\ude00",
            "\0",
            "'s",
            "1815",
            "…",
            "\u00a0",
            "ﬁ",
            "Łódź",
            "<|endoftext|>")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  /** Joining pieces shows nowhere, whatever the text and wherever the seams fall. */
  @Property(tries = 200)
  void piecesGiveTheTokensOfOneCall(
      @ForAll("longTexts") String text, @ForAll @IntRange(min = 1200, max = 2400) int length) {
    String clean = text.replaceAll("[\\ud800-\\udfff]", "");
    TokenizedText pieces =
        new LongTextEncoder(byteLevel::encodeOnce, length, 500, TextTokenizer.AGREEMENT)
            .encode(clean);
    assertThat(TextTokenizerTest.describe(pieces))
        .isEqualTo(TextTokenizerTest.describe(byteLevel.encodeOnce(clean)));
  }

  @Provide
  Arbitrary<String> longTexts() {
    return texts().list().ofMinSize(40).ofMaxSize(120).map(parts -> String.join(" ", parts));
  }
}
