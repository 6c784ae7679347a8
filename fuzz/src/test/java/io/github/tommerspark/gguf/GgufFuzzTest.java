package io.github.tommerspark.gguf;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.TensorInfo;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.nio.FloatBuffer;
import java.util.Map;

/** A GGUF file as a snapshot: config.json, tokenizer.json, and values of all tensors. */
class GgufFuzzTest {

  private static final int MOST_ELEMENTS = 1 << 10;

  @DictionaryEntries({
    "GGUF",
    "general.architecture",
    "llama",
    "general.alignment",
    "llama.block_count",
    "llama.rope.dimension_count",
    "tokenizer.ggml.model",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.merges",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type",
    "token_embd.weight",
    "blk.0.attn_q.weight",
    "output_norm.weight",
    "rope_freqs.weight"
  })
  @FuzzTest
  void gguf(byte[] file) {
    GgufSnapshot snapshot = new GgufSnapshot(new MemoryDirectory(Map.of("m.gguf", file)), "m.gguf");
    Bounds.check(Bounds.OF_MODELS, () -> snapshot.readAll("config.json", 1 << 20));
    Bounds.check(Bounds.OF_MODELS, () -> snapshot.readAll("tokenizer.json", 16 << 20));
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          try (Checkpoint checkpoint = Checkpoint.open(snapshot.first(1))) {
            for (String name : checkpoint.names()) {
              TensorInfo tensor = checkpoint.tensor(name);
              int elements = (int) Math.min(MOST_ELEMENTS, tensor.elements());
              checkpoint.readFloats(tensor, 0, FloatBuffer.allocate(elements));
            }
          }
        });
  }
}
