package io.github.tommerspark.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pattern that is allowed and should not be would end the JVM of these tests. */
class SplitPatternTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Patterns of published tokenizers. */
  private static final List<String> PUBLISHED =
      List.of(
          // GPT-2 and its heirs, in three spellings
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
          // Llama 3, Qwen
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          // Mistral, and the newest of OpenAI
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          // DeepSeek
          "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "[一-龥぀-ゟ゠-ヿ]+",
          // BLOOM, CLIP, Falcon, and what normalizers replace
          " ?[^(\\s|[.,!?…。，、।۔،])]+",
          "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
          "[0-9][0-9][0-9]",
          "\\p{N}{1,3}",
          "\\s+",
          " {2,}",
          "\\s{2,}|[\\n\\r\\t]",
          "[\\n\\r\\t]");

  @Test
  void patternsOfPublishedTokenizersRunOnAnyText() throws IOException {
    for (String pattern : PUBLISHED) {
      assertThat(SplitPattern.danger(pattern)).as(pattern).isEmpty();
      try (TextTokenizer tokenizer = tokenizer(pattern)) {
        for (String run :
            List.of(" ", "A", "a", "1", ".", "\n", "語", "\u0301", "a ", " \n", "'s")) {
          tokenizer.encode(run.repeat(5_000) + "!");
        }
        // As long as a call can be, of what makes one token.
        for (String run : List.of(" ", "A")) {
          tokenizer.encode(run.repeat(TextTokenizer.SINGLE_CALL_UNITS - 1) + "!");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(a|aa)+$",
        "(?:a*)*b",
        "(a?){60}a{60}",
        "a*a*a*b",
        "\\s*\\s*x|\\s+",
        "a+b",
        "a++b",
        "\\s*x",
        "a{1,900}b",
        "a{5000}",
        "a{1,}{1,}",
        "a+*",
        "a+?b",
        "(a)\\1+",
        "(?<n>a)\\k<n>",
        "(?<=a+)b",
        "(?>a+)b",
        "(?i)a",
        "\\g<0>",
        "[[:a](x+x+)+y]",
        "[](a+)+]",
        "[^](a+)+]",
        "[a[](a+)+]]",
        "(?=(a+)+b)",
        "(?!a*a*b)c",
        "(a",
        "a)",
        "[a",
        "a\\",
        "\\p",
        "\\p{L",
        "\\xff",
        "a?a?a?a?a?b",
        "a+x|a+y|a+z|a+1|a+2|a+3|a+4|a+5|a+6|a+"
      })
  void patternsThatMayTakeForEverAreRefused(String pattern) {
    assertThat(SplitPattern.danger(pattern)).as(pattern).isPresent();
    assertThatThrownBy(() -> tokenizer(pattern).close())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Cannot use tokenizer DIR/tokenizer.json: its pattern ")
        .hasMessageEndingWith(
            "; if you trust whoever made the model, commands with ‹trustBackbone› take it");
  }

  @Test
  void patternsAreFoundWhereverTheyAre() throws IOException {
    for (String place : List.of("normalizer", "pre_tokenizer", "post_processor")) {
      String json =
          "{\"model\": {\"vocab\": {\"Regex\": 1}}, \"%s\": {\"x\": [[{\"Reg\\u0065x\": \"(a+)+b\"}]]}}"
              .formatted(place);
      assertThatThrownBy(() -> load(json, false)).hasMessageContaining("its pattern \"(a+)+b\"");
    }
    // A word of the vocabulary is no pattern, and a pattern of a trusted model is not looked at.
    assertThatThrownBy(() -> load("{\"model\": {\"Regex\": \"(a+)+b\"}}", false))
        .hasMessageNotContaining("its pattern");
    load(json("(a+)+b"), true).close();
  }

  /** Random patterns: whatever passes must run on long runs of every kind. */
  @Test
  void whatIsAllowedEndsNoProcess() throws IOException {
    String[] atoms = {
      "a", "b", "[ab]", "[^a]", "\\s", "\\S", ".", "(?:a|ab)", "(?!b)", "(?=a)", "$"
    };
    String[] counts = {"", "", "?", "*", "+", "{1,3}", "{2,}", "*+", "++"};
    Random random = new Random(20);
    List<String> allowed = new ArrayList<>();
    while (allowed.size() < 30) {
      StringBuilder pattern = new StringBuilder();
      int alternatives = 1 + random.nextInt(4);
      for (int i = 0; i < alternatives; i++) {
        pattern.append(i == 0 ? "" : "|");
        int items = 1 + random.nextInt(4);
        for (int j = 0; j < items; j++) {
          pattern.append(atoms[random.nextInt(atoms.length)]);
          pattern.append(counts[random.nextInt(counts.length)]);
        }
      }
      // Of those that pass, the ones that try something in vain are of interest.
      if (SplitPattern.danger(pattern.toString()).isEmpty()
          && pattern.toString().matches(".*[*+].*")) {
        allowed.add(pattern.toString());
      }
    }
    for (String pattern : allowed) {
      try (TextTokenizer tokenizer = tokenizer(pattern)) {
        for (String run : List.of("a", "b", " ", "ab", "a b")) {
          tokenizer.encode(run.repeat(8_000 / run.length()));
          tokenizer.encode(run.repeat(8_000 / run.length()) + "c");
        }
      }
    }
  }

  private static TextTokenizer tokenizer(String pattern) throws IOException {
    return load(json(pattern), false);
  }

  private static TextTokenizer load(String json, boolean trusted) throws IOException {
    return TextTokenizer.load(
        "DIR/tokenizer.json",
        new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
        BosPolicy.TOKENIZER,
        OptionalInt.empty(),
        trusted);
  }

  private static String json(String pattern) {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens");
    ObjectNode split = root.putObject("pre_tokenizer");
    split.put("type", "Split").put("behavior", "Isolated").put("invert", false);
    split.putObject("pattern").put("Regex", pattern);
    ObjectNode model = root.putObject("model");
    model.put("type", "WordLevel").put("unk_token", "?");
    model.putObject("vocab").put("?", 0).put("a", 1);
    return root.toString();
  }
}
