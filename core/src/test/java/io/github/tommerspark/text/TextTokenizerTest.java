package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.tommerspark.testing.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextTokenizerTest {

  private static TextTokenizer byteLevel;

  @BeforeAll
  static void load() {
    byteLevel = Tokenizers.load("gpt2");
  }

  @AfterAll
  static void close() {
    byteLevel.close();
  }

  static List<Path> kinds() {
    return Tokenizers.directories();
  }

  @Test
  void specialTokensAroundASequenceAreKnown() {
    assertThat(specials("gpt2")).isEqualTo("[] []");
    assertThat(specials("llama3")).isEqualTo("[640] []");
    assertThat(specials("bert")).isEqualTo("[2] [3]");
    assertThat(specials("roberta")).isEqualTo("[0] [2]");
  }

  private static String specials(String kind) {
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      return List.of(boxed(tokenizer.prefixIds())) + " " + List.of(boxed(tokenizer.suffixIds()));
    }
  }

  private static Integer[] boxed(int[] ids) {
    return IntStream.of(ids).boxed().toArray(Integer[]::new);
  }

  @Test
  void alwaysAddsTheBosTokenOnlyWhereNoneIs() {
    Path root = Golden.committed().resolve("tokenizers");
    try (TextTokenizer gpt2 =
            Tokenizers.load(root.resolve("gpt2"), BosPolicy.ALWAYS, OptionalInt.of(600));
        TextTokenizer plain = Tokenizers.load(root.resolve("gpt2"));
        TextTokenizer llama3 =
            Tokenizers.load(root.resolve("llama3"), BosPolicy.ALWAYS, OptionalInt.of(7))) {
      assertThat(gpt2.prefixIds()).containsExactly(600);
      assertThat(describe(gpt2.encode("Paris in May")))
          .isEqualTo(describe(plain.encode("Paris in May")));
      assertThat(llama3.prefixIds()).containsExactly(640);
    }
  }

  @Test
  void alwaysWithoutABosTokenIsRefusedWithTheRemedy() {
    Path gpt2 = Golden.committed().resolve("tokenizers/gpt2");
    assertThatThrownBy(() -> Tokenizers.load(gpt2, BosPolicy.ALWAYS, OptionalInt.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gpt2/tokenizer.json")
        .hasMessageContaining("bos_token_id")
        .hasMessageContaining("‹bos› tokenizer");
  }

  @Test
  void policiesAreReadAsUsersWriteThem() {
    assertThat(BosPolicy.parse("tokenizer")).isEqualTo(BosPolicy.TOKENIZER);
    assertThat(BosPolicy.parse("always")).isEqualTo(BosPolicy.ALWAYS);
    assertThatThrownBy(() -> BosPolicy.parse("never"))
        .hasMessage("Cannot use BOS policy \"never\": it must be tokenizer or always");
  }

  @Test
  void aSpecialTokenWrittenInTheTextIsContent() {
    try (TextTokenizer llama3 = Tokenizers.load("llama3")) {
      TokenizedText tokens = llama3.encode("a<|end_of_text|>b");
      assertThat(describe(tokens)).contains("641[1,16)");
    }
  }

  @Test
  void offsetsCountUtf16Units() {
    // Byte-level: the four bytes of the emoji are tokens that share its two units.
    String text = "a😀b e\u0301\r\nc";
    TokenizedText tokens = byteLevel.encode(text);
    List<String> pieces = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      pieces.add(text.substring(tokens.start(i), tokens.end(i)));
    }
    assertThat(String.join("|", pieces.stream().distinct().toList()))
        .isEqualTo("a|😀|b| |e|\u0301|\r|\n|c");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void loneSurrogatesAreOneReplacementCharacterEach(Path kind) {
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      assertThat(describe(tokenizer.encode("Bob \ud83d met\ude00 \ude00\ud83d 😀 Zoe\ud83d")))
          .isEqualTo(describe(tokenizer.encode("Bob \ufffd met\ufffd \ufffd\ufffd 😀 Zoe\ufffd")));
    }
  }

  /** U+0000 survives the way through JNI: it is a byte like others, and offsets go on after it. */
  @Test
  void nulIsACharacterLikeOthers() {
    TokenizedText tokens = byteLevel.encode("a\0b\0\0c");
    assertThat(IntStream.range(0, tokens.size()).map(tokens::start))
        .containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(tokens.id(1)).isEqualTo(tokens.id(3)).isEqualTo(tokens.id(4));
    assertThat(tokens.id(1)).isNotEqualTo(byteLevel.encode(" ").id(0));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void controlCharactersLeaveTheOffsetsRight(Path kind) {
    StringBuilder controls = new StringBuilder();
    for (char c = 0; c < 0x20; c++) {
      controls.append(c);
    }
    controls.append("\u007f\u0085\u200b\ufeff\u2028");
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      TokenizedText tokens = tokenizer.encode(controls + " x");
      assertThat(tokens.end(tokens.size() - 1)).isEqualTo(controls.length() + 2);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anEmptyTextHasNoTokens(Path kind) {
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      assertThat(tokenizer.encode("").size()).isZero();
    }
  }

  @Test
  void copiesRangesOfIds() {
    TokenizedText tokens = TokenizedText.of(new int[] {5, 6, 7}, new int[3], new int[3]);
    long[] wide = new long[4];
    tokens.copyIds(1, 3, wide, 2);
    assertThat(wide).containsExactly(0, 0, 6, 7);
    assertThatThrownBy(() -> tokens.copyIds(1, 4, wide, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tokens.copyIds(0, 3, wide, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "{}",
        "{\"model\": {}}",
        "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0},"
            + " \"merges\": [[\"a\", \"b\"]]}}",
        "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0},"
            + " \"merges\": []}, \"pre_tokenizer\": {\"type\": \"Split\", \"pattern\":"
            + " {\"Regex\": \"(\"}, \"behavior\": \"Isolated\", \"invert\": false}}",
      })
  void aMalformedFileIsOneLineThatNamesIt(String json) {
    assertThatThrownBy(() -> load(json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .message()
        .matches("Cannot (read|use) tokenizer DIR/tokenizer.json: .*")
        .doesNotContain("\n");
  }

  /** The library ends the process when it cannot read a decoder, instead of failing. */
  @Test
  void aDecoderIsNotReadSinceNothingIsDecoded() throws IOException {
    String model =
        "\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\"}";
    for (String decoder :
        List.of(
            "[".repeat(300) + "]".repeat(300),
            "{\"type\": 1e999}",
            "{\"type\": \"\\ud800\"}",
            "null")) {
      String before = "{\"decoder\": %s, %s}".formatted(decoder, model);
      String after = "{%s, \"decod\\u0065r\": %s }".formatted(model, decoder);
      for (String json : List.of(before, after)) {
        load(json.getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThatThrownBy(
            () ->
                load("{\"decoder\": 1e999, %s}".formatted(model).getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessage("Cannot use tokenizer DIR/tokenizer.json: its decoder is no object");
  }

  @Test
  void aFileThatIsNotUtf8IsRefused() {
    assertThatThrownBy(() -> load(new byte[] {'{', (byte) 0xff, '}'}))
        .isInstanceOf(IOException.class)
        .hasMessage("Cannot read tokenizer DIR/tokenizer.json: it is not UTF-8 text");
  }

  @Test
  void aTokenizerThatCannotEncodeAnythingIsRefused() {
    String noTokens =
        "{\"version\": \"1.0\", \"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}}";
    assertThatThrownBy(() -> load(noTokens.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessage("Cannot use tokenizer DIR/tokenizer.json: it has no token for a the 1 .");
    String noUnknown =
        "{\"version\": \"1.0\", \"model\": {\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\","
            + " \"continuing_subword_prefix\": \"##\", \"max_input_chars_per_word\": 100,"
            + " \"vocab\": {\"b\": 0}}}";
    assertThatThrownBy(() -> load(noUnknown.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot use tokenizer DIR/tokenizer.json: ")
        .hasMessageContaining("[UNK]");
  }

  private static void load(byte[] json) throws IOException {
    InputStream in = new ByteArrayInputStream(json);
    TextTokenizer.load("DIR/tokenizer.json", in, BosPolicy.TOKENIZER, OptionalInt.empty()).close();
  }

  /** What the file says about truncation and padding is for training: a text is never cut. */
  @Test
  void truncationAndPaddingOfTheFileAreIgnored() throws IOException {
    String json = Files.readString(Golden.committed().resolve("tokenizers/gpt2/tokenizer.json"));
    String limited =
        json.replaceFirst(
                "\"truncation\": *null",
                "\"truncation\": {\"direction\": \"Right\", \"max_length\": 4, \"strategy\":"
                    + " \"LongestFirst\", \"stride\": 0}")
            .replaceFirst(
                "\"padding\": *null",
                "\"padding\": {\"strategy\": {\"Fixed\": 64}, \"direction\": \"Right\","
                    + " \"pad_to_multiple_of\": null, \"pad_id\": 0, \"pad_type_id\": 0,"
                    + " \"pad_token\": \"!\"}");
    assertThat(limited).contains("max_length").contains("Fixed");
    String text = "Ada Lovelace met Charles Babbage in London.";
    InputStream in = new ByteArrayInputStream(limited.getBytes(StandardCharsets.UTF_8));
    try (TextTokenizer tokenizer =
            TextTokenizer.load("limited", in, BosPolicy.TOKENIZER, OptionalInt.empty());
        TextTokenizer plain = Tokenizers.load("gpt2")) {
      assertThat(describe(tokenizer.encode(text))).isEqualTo(describe(plain.encode(text)));
    }
  }

  @Test
  void aClosedTokenizerSaysSo() {
    TextTokenizer tokenizer = Tokenizers.load("gpt2");
    tokenizer.close();
    tokenizer.close();
    assertThatThrownBy(() -> tokenizer.encode("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot tokenize: the tokenizer is closed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama3", "llama2", "bert"})
  void concurrentEncodingsAreThoseOfOneThread(String kind) throws Exception {
    List<String> texts =
        IntStream.range(0, 200)
            .mapToObj(i -> "Text " + i + " of Zoë 😀 " + "in São Paulo, ".repeat(i % 17) + i * i)
            .toList();
    try (TextTokenizer tokenizer = Tokenizers.load(kind)) {
      List<String> expected = texts.stream().map(t -> describe(tokenizer.encode(t))).toList();
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        Callable<List<String>> task =
            () -> texts.stream().map(t -> describe(tokenizer.encode(t))).toList();
        List<Future<List<String>>> results = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          results.add(threads.submit(task));
        }
        for (Future<List<String>> result : results) {
          assertThat(result.get()).isEqualTo(expected);
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  /** Closing waits for encodings under way; a later one is refused, never a crash. */
  @Test
  void closingDuringEncodingsIsSafe() throws Exception {
    String text = "Ada Lovelace ".repeat(2000);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 5; round++) {
        TextTokenizer tokenizer = Tokenizers.load("gpt2");
        int expected = tokenizer.encode(text).size();
        List<Future<Integer>> results = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          results.add(threads.submit(() -> sizeOrClosed(tokenizer, text)));
        }
        tokenizer.close();
        for (Future<Integer> result : results) {
          assertThat(result.get()).isIn(expected, -1);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static int sizeOrClosed(TextTokenizer tokenizer, String text) {
    try {
      return tokenizer.encode(text).size();
    } catch (IllegalStateException closed) {
      return -1;
    }
  }

  static String describe(TokenizedText tokens) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      all.append(tokens.id(i))
          .append('[')
          .append(tokens.start(i))
          .append(',')
          .append(tokens.end(i))
          .append(") ");
    }
    return all.toString();
  }
}
