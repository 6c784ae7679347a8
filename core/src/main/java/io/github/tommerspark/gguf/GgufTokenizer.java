package io.github.tommerspark.gguf;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.gguf.GgufHeader.Strings;
import io.github.tommerspark.source.Quoted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer of a file as a {@code tokenizer.json}.
 *
 * <p>A file has a vocabulary and merges, and beyond these the mere name of how texts are split.
 * Names are known whose rules are those of the tokenizer.json that such models are published with;
 * all others are refused.
 */
final class GgufTokenizer {

  private static final String MODEL = "tokenizer.ggml.model";
  private static final String PRE = "tokenizer.ggml.pre";
  private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
  private static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
  private static final String BOS = "tokenizer.ggml.bos_token_id";
  private static final String EOS = "tokenizer.ggml.eos_token_id";
  private static final String UNKNOWN = "tokenizer.ggml.unknown_token_id";
  private static final String SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";

  /** Settings that change how texts are split, and what they must be. */
  private static final Map<String, Boolean> FIXED =
      Map.of("tokenizer.ggml.remove_extra_whitespaces", false);

  // Types of tokens.
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  private final GgufMetadata metadata;
  private final List<String> tokens;
  private final int[] types;
  private final Map<String, Integer> ids = new LinkedHashMap<>();

  private GgufTokenizer(GgufMetadata metadata, long rows) throws ModelFormatException {
    this.metadata = metadata;
    tokens =
        metadata
            .as(Strings.class, GgufHeader.TOKENS, "an array of strings")
            .orElseThrow(() -> metadata.missing(GgufHeader.TOKENS))
            .values();
    if (tokens.size() > rows) {
      throw metadata.unusable(
          String.format(
              Locale.ROOT,
              "it has %d tokens, but its embedding only %d rows",
              tokens.size(),
              rows));
    }
    types =
        metadata
            .as(int[].class, GgufHeader.TYPES, "an array of 32-bit integers")
            .orElseThrow(() -> metadata.missing(GgufHeader.TYPES));
    sameLength(GgufHeader.TYPES, types.length);
    for (int id = 0; id < tokens.size(); id++) {
      Integer other = ids.put(tokens.get(id), id);
      if (other != null) {
        throw metadata.unusable(
            String.format(
                Locale.ROOT, "tokens %d and %d are both %s", other, id, Quoted.of(tokens.get(id))));
      }
    }
  }

  /**
   * Writes the tokenizer of a file.
   *
   * @param file the file as messages should name it
   * @param header what stands before its data, with the vocabulary
   * @return the content of a tokenizer.json
   * @throws ModelFormatException if the tokenizer is not one that can be written without loss
   */
  static byte[] json(String file, GgufHeader header) throws IOException {
    GgufMetadata metadata = new GgufMetadata(file, header.metadata());
    String model = metadata.requireText(MODEL);
    if (!model.equals("gpt2") && !model.equals("llama")) {
      throw metadata.unsupported(MODEL, "gpt2", "llama");
    }
    GgufTensor embedding = header.tensors().get("token_embd.weight");
    GgufTokenizer tokenizer =
        new GgufTokenizer(metadata, embedding == null ? 0 : embedding.shape()[0]);
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 20);
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("version", "1.0");
      json.writeNullField("truncation");
      json.writeNullField("padding");
      tokenizer.addedTokens(json);
      if (model.equals("gpt2")) {
        tokenizer.byteLevel(json);
      } else {
        tokenizer.sentencePiece(json);
      }
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private void sameLength(String key, int length) throws ModelFormatException {
    if (length != tokens.size()) {
      throw metadata.unusable(
          String.format(
              Locale.ROOT,
              "entry %s has %d elements, but there are %d tokens",
              Quoted.of(key),
              length,
              tokens.size()));
    }
  }

  private void addedTokens(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("added_tokens");
    for (int id = 0; id < types.length; id++) {
      if (types[id] == CONTROL || types[id] == USER_DEFINED) {
        json.writeStartObject();
        json.writeNumberField("id", id);
        json.writeStringField("content", tokens.get(id));
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
          json.writeBooleanField(flag, false);
        }
        json.writeBooleanField("special", types[id] == CONTROL);
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  /** Byte-level BPE, as of GPT-2 and everything after it. */
  private void byteLevel(JsonGenerator json) throws IOException {
    String name =
        metadata
            .text(PRE)
            .orElseThrow(
                () ->
                    metadata.unusable(
                        "entry \"%s\" is missing, so it does not say how texts are split; convert the model again with a current llama.cpp"
                            .formatted(PRE)));
    GgufPreTokenizer pre =
        GgufPreTokenizer.of(name)
            .orElseThrow(() -> metadata.unsupported(PRE, GgufPreTokenizer.names().toArray()));
    pre.write(json);
    postProcessor(json, pre.bos());
    json.writeObjectFieldStart("decoder");
    GgufPreTokenizer.writeByteLevel(json, true);
    json.writeEndObject();
    List<String[]> merges = merges();
    model(json, merges, null, false, pre.wholeFirst());
  }

  /** The merges as the file lists them. */
  private List<String[]> merges() throws ModelFormatException {
    List<String> lines =
        metadata
            .as(Strings.class, GgufHeader.MERGES, "an array of strings")
            .orElseThrow(() -> metadata.missing(GgufHeader.MERGES))
            .values();
    List<String[]> merges = new ArrayList<>(lines.size());
    for (String line : lines) {
      int space = line.indexOf(' ', 1);
      String[] pair =
          space < 0 ? null : new String[] {line.substring(0, space), line.substring(space + 1)};
      if (pair == null
          || !ids.containsKey(pair[0])
          || !ids.containsKey(pair[1])
          || !ids.containsKey(pair[0] + pair[1])) {
        throw metadata.unusable(
            "merge %s is not of two tokens that make a third".formatted(Quoted.of(line)));
      }
      merges.add(pair);
    }
    return merges;
  }

  /** SentencePiece's BPE with bytes for characters that the vocabulary lacks. */
  private void sentencePiece(JsonGenerator json) throws IOException {
    for (Map.Entry<String, Boolean> fixed : FIXED.entrySet()) {
      if (!metadata.flag(fixed.getKey()).orElse(fixed.getValue()).equals(fixed.getValue())) {
        throw metadata.unsupported(fixed.getKey(), fixed.getValue());
      }
    }
    if (metadata.has("tokenizer.ggml.precompiled_charsmap")) {
      throw metadata.unsupported("tokenizer.ggml.precompiled_charsmap", "none");
    }
    int bytes = 0;
    for (int value = 0; value < 256; value++) {
      Integer id = ids.get(String.format(Locale.ROOT, "<0x%02X>", value));
      bytes += id != null && types[id] == BYTE ? 1 : 0;
    }
    if (bytes != 256) {
      throw metadata.unusable(
          String.format(
              Locale.ROOT,
              "its SentencePiece vocabulary has %d of the 256 bytes that stand for unknown characters",
              bytes));
    }
    int unknown = metadata.idIfThere(UNKNOWN).orElseThrow(() -> metadata.missing(UNKNOWN));
    if (unknown >= tokens.size()) {
      throw metadata.wrong(
          UNKNOWN, String.format(Locale.ROOT, "one of the %d tokens", tokens.size()));
    }
    json.writeObjectFieldStart("normalizer");
    json.writeStringField("type", "Sequence");
    json.writeArrayFieldStart("normalizers");
    if (metadata.flag(SPACE_PREFIX).orElse(true)) {
      json.writeStartObject();
      json.writeStringField("type", "Prepend");
      json.writeStringField("prepend", "\u2581");
      json.writeEndObject();
    }
    json.writeStartObject();
    json.writeStringField("type", "Replace");
    json.writeObjectFieldStart("pattern");
    json.writeStringField("String", " ");
    json.writeEndObject();
    json.writeStringField("content", "\u2581");
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    json.writeNullField("pre_tokenizer");
    postProcessor(json, true);
    json.writeNullField("decoder");
    model(json, impliedMerges(), tokens.get(unknown), true, false);
  }

  /**
   * The merges that scores imply: of all ways to put a token together from two others, those of
   * better tokens first.
   */
  private List<String[]> impliedMerges() throws ModelFormatException {
    float[] scores =
        metadata
            .as(float[].class, GgufHeader.SCORES, "an array of 32-bit floats")
            .orElseThrow(() -> metadata.missing(GgufHeader.SCORES));
    sameLength(GgufHeader.SCORES, scores.length);
    record Merge(String left, String right, float score) {}
    List<Merge> all = new ArrayList<>();
    for (int id = 0; id < scores.length; id++) {
      if (Float.isNaN(scores[id])) {
        throw metadata.unusable(
            String.format(Locale.ROOT, "the score of token %d is no number", id));
      }
      String token = tokens.get(id);
      if (types[id] != NORMAL) {
        continue;
      }
      List<Merge> own = new ArrayList<>();
      for (int cut = 1; cut < token.length(); cut++) {
        // Never inside a character.
        if (!Character.isLowSurrogate(token.charAt(cut))) {
          String left = token.substring(0, cut);
          String right = token.substring(cut);
          if (ids.containsKey(left) && ids.containsKey(right)) {
            own.add(new Merge(left, right, scores[id]));
          }
        }
      }
      own.sort(
          Comparator.comparingInt((Merge merge) -> ids.get(merge.left()))
              .thenComparingInt(merge -> ids.get(merge.right())));
      all.addAll(own);
    }
    all.sort(
        Comparator.comparing(Merge::score)
            .thenComparingInt(merge -> length(merge.left()))
            .thenComparingInt(merge -> length(merge.right()))
            .reversed());
    return all.stream().map(merge -> new String[] {merge.left(), merge.right()}).toList();
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private void postProcessor(JsonGenerator json, boolean bosByDefault) throws IOException {
    boolean bos = metadata.flag(ADD_BOS).orElse(bosByDefault);
    boolean eos = metadata.flag(ADD_EOS).orElse(false);
    if (!bos && !eos) {
      json.writeNullField("post_processor");
      return;
    }
    Map<String, Integer> specials = new LinkedHashMap<>();
    json.writeObjectFieldStart("post_processor");
    json.writeStringField("type", "TemplateProcessing");
    for (String template : List.of("single", "pair")) {
      json.writeArrayFieldStart(template);
      if (bos) {
        special(json, BOS, specials);
      }
      sequence(json, "A");
      if (template.equals("pair")) {
        sequence(json, "B");
      }
      if (eos) {
        special(json, EOS, specials);
      }
      json.writeEndArray();
    }
    json.writeObjectFieldStart("special_tokens");
    for (Map.Entry<String, Integer> special : specials.entrySet()) {
      json.writeObjectFieldStart(special.getKey());
      json.writeStringField("id", special.getKey());
      json.writeArrayFieldStart("ids");
      json.writeNumber(special.getValue());
      json.writeEndArray();
      json.writeArrayFieldStart("tokens");
      json.writeString(special.getKey());
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void special(JsonGenerator json, String key, Map<String, Integer> specials)
      throws IOException {
    OptionalInt id = metadata.idIfThere(key);
    if (id.isEmpty()) {
      throw metadata.missing(key);
    }
    if (id.getAsInt() >= tokens.size()) {
      throw metadata.wrong(key, String.format(Locale.ROOT, "one of the %d tokens", tokens.size()));
    }
    String token = tokens.get(id.getAsInt());
    specials.put(token, id.getAsInt());
    json.writeStartObject();
    json.writeObjectFieldStart("SpecialToken");
    json.writeStringField("id", token);
    json.writeNumberField("type_id", 0);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void sequence(JsonGenerator json, String id) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("Sequence");
    json.writeStringField("id", id);
    json.writeNumberField("type_id", 0);
    json.writeEndObject();
    json.writeEndObject();
  }

  private void model(
      JsonGenerator json,
      List<String[]> merges,
      @Nullable String unknown,
      boolean bytesForUnknown,
      boolean wholeFirst)
      throws IOException {
    json.writeObjectFieldStart("model");
    json.writeStringField("type", "BPE");
    json.writeNullField("dropout");
    json.writeStringField("unk_token", unknown);
    json.writeNullField("continuing_subword_prefix");
    json.writeNullField("end_of_word_suffix");
    json.writeBooleanField("fuse_unk", bytesForUnknown);
    json.writeBooleanField("byte_fallback", bytesForUnknown);
    json.writeBooleanField("ignore_merges", wholeFirst);
    json.writeObjectFieldStart("vocab");
    for (Map.Entry<String, Integer> token : ids.entrySet()) {
      json.writeNumberField(token.getKey(), token.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("merges");
    for (String[] merge : merges) {
      json.writeStartArray();
      json.writeString(merge[0]);
      json.writeString(merge[1]);
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
