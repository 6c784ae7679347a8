package io.github.tommerspark.head;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.util.Map;

/** The archive that torch.save writes: zip, pickle, and the values of all tensors. */
class StateDictFuzzTest {

  @DictionaryEntries({"PK\u0001\u0002", "PK\u0003\u0004", "PK\u0005\u0006", "/data.pkl", "/data/0"})
  @FuzzTest
  void archive(byte[] archive) {
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          try (StateDict tensors =
              StateDict.open(new MemoryDirectory(Map.of("parameters", archive)), "parameters")) {
            for (String name : tensors.names()) {
              tensors.shape(name);
              tensors.values(name);
            }
          }
        });
  }
}
