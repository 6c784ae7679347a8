package io.github.tommerspark.checkpoint;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.util.Map;

/** A file of weights: header, and the values of all tensors. */
class SafetensorsFuzzTest {

  @DictionaryEntries({
    "\"dtype\":\"F32\"", "\"dtype\":\"BF16\"", "\"dtype\":\"F8_E4M3\"", "\"dtype\":\"F4\"",
    "\"shape\":[", "\"data_offsets\":[0,4]", "\"__metadata__\":{", "18446744073709551616"
  })
  @FuzzTest
  void safetensors(byte[] file) {
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          try (Checkpoint checkpoint =
              Checkpoint.open(new MemoryDirectory(Map.of("model.safetensors", file)))) {
            for (String name : checkpoint.names()) {
              TensorInfo tensor = checkpoint.tensor(name);
              checkpoint.raw(tensor);
              if (tensor.dtype().isWeight()) {
                checkpoint.floats(tensor);
              }
            }
          }
        });
  }
}
