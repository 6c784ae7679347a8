package io.github.tommerspark.checkpoint;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;

/** The index of weights in several files. */
class ShardIndexFuzzTest {

  private final byte[] shard;

  ShardIndexFuzzTest() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(Map.of("a", new FloatTensor(new long[] {1}, new float[1])), out);
    shard = out.toByteArray();
  }

  @DictionaryEntries({"\"weight_map\":{", "\"a\":\"s\"", "\"metadata\"", "../", "\\u0000"})
  @FuzzTest
  void index(byte[] index) {
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          try (Checkpoint checkpoint =
              Checkpoint.open(
                  new MemoryDirectory(Map.of("model.safetensors.index.json", index, "s", shard)))) {
            for (String name : checkpoint.names()) {
              checkpoint.floats(checkpoint.tensor(name));
            }
          }
        });
  }
}
