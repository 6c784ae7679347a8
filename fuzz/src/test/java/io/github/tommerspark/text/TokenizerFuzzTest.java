package io.github.tommerspark.text;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/** A tokenizer.json: the look at its patterns, and the native library with all of it. */
class TokenizerFuzzTest {

  private static final List<Class<? extends Exception>> REFUSALS =
      List.of(IOException.class, IllegalStateException.class);

  private static final String[] TEXTS = {
    "",
    "a",
    "The  Cat\r\n sat, didn't 12345 it?",
    "\u00e9 e\u0301 \ud83d\udc69\u200d\ud83d\ude80",
    "aaaaaaaaaaaaaaaaaaaaaaaa!"
  };

  @DictionaryEntries({
    "\"Regex\":\"",
    "\\\\p{L}+",
    "(?i:'s)",
    "(?!\\\\S)",
    "[^\\\\s]",
    "{1,3}",
    "\"pattern\":{"
  })
  @FuzzTest
  void patterns(byte[] json) {
    Bounds.check(
        List.of(IOException.class),
        () -> TokenizerCheck.safe("memory", new String(json, StandardCharsets.UTF_8), false));
  }

  @DictionaryEntries({
    "\"type\":\"WordPiece\"",
    "\"type\":\"BPE\"",
    "\"type\":\"Unigram\"",
    "\"type\":\"WordLevel\"",
    "\"vocab\":{",
    "\"merges\":[",
    "\"unk_id\":",
    "\"byte_fallback\":true",
    "\"added_tokens\":[",
    "\"normalizer\":{",
    "\"type\":\"Sequence\"",
    "\"type\":\"Precompiled\"",
    "\"type\":\"Metaspace\"",
    "\"type\":\"TemplateProcessing\"",
    "\"truncation\":{",
    "\"padding\":{",
    "\"dropout\":"
  })
  @FuzzTest
  void tokenizer(byte[] json) {
    Bounds.check(
        REFUSALS,
        () -> {
          try (TextTokenizer tokenizer =
              TextTokenizer.load(
                  "memory",
                  new ByteArrayInputStream(json),
                  BosPolicy.TOKENIZER,
                  OptionalInt.empty())) {
            for (String text : TEXTS) {
              tokenizer.encode(text);
            }
          }
        });
  }
}
