package io.github.tommerspark.gguf;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules that split texts before merges, in a vocabulary of bytes. Files have the mere name of
 * them.
 *
 * @param composed whether texts are brought into Unicode's form NFC first
 * @param digits whether digits are split off one by one first
 * @param splits expressions, one after the other; empty for GPT-2's
 * @param wholeFirst whether a piece that is a token needs no merges
 * @param bos whether a token for the beginning is added where the file does not say
 */
record GgufPreTokenizer(
    boolean composed, boolean digits, List<String> splits, boolean wholeFirst, boolean bos) {

  private static final String GPT2_SPLIT =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA3_SPLIT =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String QWEN2_SPLIT =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String TEKKEN_SPLIT =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
          + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final GgufPreTokenizer GPT2 =
      new GgufPreTokenizer(false, false, List.of(), false, false);
  private static final GgufPreTokenizer NEOX =
      new GgufPreTokenizer(true, false, List.of(), false, false);
  private static final GgufPreTokenizer DIGITS =
      new GgufPreTokenizer(false, true, List.of(), false, false);
  private static final GgufPreTokenizer LLAMA3 =
      new GgufPreTokenizer(false, false, List.of(LLAMA3_SPLIT), true, true);
  private static final Map<String, GgufPreTokenizer> BY_NAME =
      Map.ofEntries(
          Map.entry("gpt-2", GPT2),
          Map.entry("phi-2", GPT2),
          Map.entry("olmo", NEOX),
          Map.entry("mpt", NEOX),
          Map.entry("smollm", DIGITS),
          Map.entry("starcoder", DIGITS),
          Map.entry("refact", DIGITS),
          Map.entry("llama-bpe", LLAMA3),
          Map.entry("llama3", LLAMA3),
          Map.entry("llama-v3", LLAMA3),
          Map.entry("qwen2", new GgufPreTokenizer(true, false, List.of(QWEN2_SPLIT), false, false)),
          Map.entry(
              "tekken", new GgufPreTokenizer(false, false, List.of(TEKKEN_SPLIT), true, true)),
          Map.entry(
              "default",
              new GgufPreTokenizer(
                  false,
                  false,
                  List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2_SPLIT, "\\p{N}+", "[0-9][0-9][0-9]"),
                  false,
                  false)));

  /** Returns the rules of a name; empty if it is not known. */
  static Optional<GgufPreTokenizer> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** Names that are known, sorted. */
  static List<String> names() {
    return BY_NAME.keySet().stream().sorted().toList();
  }

  /** Writes the normalizer and the pre-tokenizer of a tokenizer.json. */
  void write(JsonGenerator json) throws IOException {
    if (composed()) {
      json.writeObjectFieldStart("normalizer");
      json.writeStringField("type", "NFC");
      json.writeEndObject();
    } else {
      json.writeNullField("normalizer");
    }
    json.writeObjectFieldStart("pre_tokenizer");
    json.writeStringField("type", "Sequence");
    json.writeArrayFieldStart("pretokenizers");
    if (digits()) {
      json.writeStartObject();
      json.writeStringField("type", "Digits");
      json.writeBooleanField("individual_digits", true);
      json.writeEndObject();
    }
    for (String split : splits()) {
      json.writeStartObject();
      json.writeStringField("type", "Split");
      json.writeObjectFieldStart("pattern");
      json.writeStringField("Regex", split);
      json.writeEndObject();
      json.writeStringField("behavior", "Isolated");
      json.writeBooleanField("invert", false);
      json.writeEndObject();
    }
    json.writeStartObject();
    writeByteLevel(json, splits().isEmpty());
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Writes the fields of what maps texts to bytes. */
  static void writeByteLevel(JsonGenerator json, boolean regex) throws IOException {
    json.writeStringField("type", "ByteLevel");
    json.writeBooleanField("add_prefix_space", false);
    json.writeBooleanField("trim_offsets", false);
    json.writeBooleanField("use_regex", regex);
  }
}
