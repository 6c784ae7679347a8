package io.github.tommerspark.convert;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.source.RandomAccessSource;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.util.Map;

/** An ONNX file: its graph, and the encoder that is found in it. */
class OnnxFuzzTest {

  @DictionaryEntries({
    "embeddings.word_embeddings.weight",
    "encoder.layer.0.attention.self.query.bias",
    "MatMul",
    "Transpose",
    "Constant",
    "Identity",
    "Reshape",
    "Concat",
    "Unsqueeze",
    "LayerNormalization",
    "Gemm",
    "Erf",
    "CumSum",
    "DynamicQuantizeLinear"
  })
  @FuzzTest
  void onnx(byte[] file) {
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          try (RandomAccessSource source =
              new MemoryDirectory(Map.of("m.onnx", file)).open("m.onnx")) {
            OnnxGraph graph = OnnxGraph.read(source);
            BertExport export = BertExport.of(graph, null);
            export.config(export.layers());
            for (BertExport.Weight weight : export.weights(export.layers()).values()) {
              graph.floats(weight.tensor(), 0, new float[1]);
            }
          }
        });
  }
}
