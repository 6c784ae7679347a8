package io.github.tommerspark.gguf;

import io.github.tommerspark.testing.InMemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** GGUF files put together by hand, well formed or not. */
final class GgufBytes {

  private record Entry(int type, byte[] value) {}

  private record Tensor(long[] dimensions, int type, byte[] data) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private int version = 3;

  /** A Llama of one block with all 256 bytes for a vocabulary. */
  static GgufBytes llama() {
    GgufBytes file =
        new GgufBytes()
            .text("general.architecture", "llama")
            .text("general.name", "Tiny")
            .uint("llama.block_count", 1)
            .uint("llama.context_length", 64)
            .uint("llama.embedding_length", 32)
            .uint("llama.feed_forward_length", 32)
            .uint("llama.attention.head_count", 2)
            .uint("llama.attention.head_count_kv", 1)
            .real("llama.attention.layer_norm_rms_epsilon", 1e-5f)
            .text("tokenizer.ggml.model", "gpt2")
            .text("tokenizer.ggml.pre", "smollm")
            .uint("tokenizer.ggml.bos_token_id", 256);
    String[] tokens = new String[260];
    int[] types = new int[260];
    for (int i = 0; i < 256; i++) {
      tokens[i] = byteLetter(i);
      types[i] = 1;
    }
    tokens[256] = "<s>";
    types[256] = 3;
    tokens[257] = "ab";
    types[257] = 1;
    tokens[258] = "abc";
    types[258] = 1;
    tokens[259] = "[PAD259]";
    types[259] = 5;
    return file.texts("tokenizer.ggml.tokens", tokens)
        .ints("tokenizer.ggml.token_type", types)
        .texts("tokenizer.ggml.merges", "a b", "ab c")
        .tensor("token_embd.weight", 8, 32, 260)
        .tensor("blk.0.attn_norm.weight", 0, 32)
        .tensor("blk.0.attn_q.weight", 2, 32, 32)
        .tensor("blk.0.attn_k.weight", 0, 32, 16)
        .tensor("blk.0.attn_v.weight", 1, 32, 16)
        .tensor("blk.0.attn_output.weight", 3, 32, 32)
        .tensor("blk.0.ffn_norm.weight", 0, 32)
        .tensor("blk.0.ffn_gate.weight", 6, 32, 32)
        .tensor("blk.0.ffn_up.weight", 7, 32, 32)
        .tensor("blk.0.ffn_down.weight", 30, 32, 32)
        .tensor("output_norm.weight", 0, 32);
  }

  /** The character that byte-level vocabularies write for a byte. */
  private static String byteLetter(int value) {
    boolean plain = value >= 33 && value < 127 || value >= 161 && value != 173;
    if (plain) {
      return String.valueOf((char) value);
    }
    int place = 0;
    for (int i = 0; i < value; i++) {
      place += i >= 33 && i < 127 || i >= 161 && i != 173 ? 0 : 1;
    }
    return String.valueOf((char) (256 + place));
  }

  GgufBytes version(int version) {
    this.version = version;
    return this;
  }

  GgufBytes text(String key, String value) {
    return entry(key, 8, string(value));
  }

  GgufBytes uint(String key, int value) {
    return entry(key, 4, buffer(4).putInt(value).array());
  }

  GgufBytes real(String key, float value) {
    return entry(key, 6, buffer(4).putFloat(value).array());
  }

  GgufBytes flag(String key, boolean value) {
    return entry(key, 7, new byte[] {(byte) (value ? 1 : 0)});
  }

  GgufBytes texts(String key, String... values) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(buffer(12).putInt(8).putLong(values.length).array());
    List.of(values).forEach(value -> out.writeBytes(string(value)));
    return entry(key, 9, out.toByteArray());
  }

  GgufBytes ints(String key, int... values) {
    ByteBuffer out = buffer(12 + 4 * values.length).putInt(5).putLong(values.length);
    for (int value : values) {
      out.putInt(value);
    }
    return entry(key, 9, out.array());
  }

  GgufBytes reals(String key, float... values) {
    ByteBuffer out = buffer(12 + 4 * values.length).putInt(6).putLong(values.length);
    for (float value : values) {
      out.putFloat(value);
    }
    return entry(key, 9, out.array());
  }

  /** An entry of any type and bytes. */
  GgufBytes entry(String key, int type, byte... value) {
    entries.put(key, new Entry(type, value));
    return this;
  }

  GgufBytes without(String name) {
    entries.remove(name);
    tensors.remove(name);
    return this;
  }

  /** A tensor with data of its size, innermost dimension first. */
  GgufBytes tensor(String name, int type, long... dimensions) {
    long elements = 1;
    for (long size : dimensions) {
      elements *= size;
    }
    GgufType known = GgufType.of(type).orElse(GgufType.F32);
    byte[] data = new byte[(int) (elements / known.blockElements() * known.blockBytes())];
    for (int i = 0; i < data.length; i++) {
      // Small numbers in every type.
      data[i] = (byte) (i % 7 * 3);
    }
    return tensor(name, type, data, dimensions);
  }

  /** A tensor with any data. */
  GgufBytes tensor(String name, int type, byte[] data, long... dimensions) {
    tensors.put(name, new Tensor(dimensions, type, data));
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(
        buffer(20).putInt(version).putLong(tensors.size()).putLong(entries.size()).array());
    entries.forEach(
        (key, entry) -> {
          out.writeBytes(string(key));
          out.writeBytes(buffer(4).putInt(entry.type()).array());
          out.writeBytes(entry.value());
        });
    long offset = 0;
    for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
      out.writeBytes(string(tensor.getKey()));
      long[] dimensions = tensor.getValue().dimensions();
      ByteBuffer rest = buffer(16 + 8 * dimensions.length).putInt(dimensions.length);
      for (long size : dimensions) {
        rest.putLong(size);
      }
      rest.putInt(tensor.getValue().type()).putLong(offset);
      out.writeBytes(rest.array());
      offset += padded(tensor.getValue().data().length);
    }
    out.writeBytes(new byte[(int) (padded(out.size()) - out.size())]);
    tensors
        .values()
        .forEach(
            tensor -> {
              out.writeBytes(tensor.data());
              out.writeBytes(new byte[(int) padded(tensor.data().length) - tensor.data().length]);
            });
    return out.toByteArray();
  }

  GgufSnapshot snapshot() {
    return snapshot(bytes());
  }

  static GgufSnapshot snapshot(byte[] bytes) {
    return new GgufSnapshot(new InMemoryDirectory(Map.of("model.gguf", bytes)), "model.gguf");
  }

  private static long padded(long size) {
    return (size + 31) / 32 * 32;
  }

  private static byte[] string(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return buffer(8 + bytes.length).putLong(bytes.length).put(bytes).array();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
