package io.github.tommerspark.head;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import java.nio.ByteBuffer;

/** The pickle of a state dict, which is a program. */
class PickleFuzzTest {

  @DictionaryEntries({
    "ctorch._utils",
    "_rebuild_tensor_v2",
    "ccollections",
    "OrderedDict",
    "ctorch",
    "FloatStorage",
    "HalfStorage",
    "BFloat16Storage",
    "storage",
    "cos",
    "system"
  })
  @FuzzTest
  void pickle(byte[] pickle) {
    Bounds.check(
        Bounds.OF_MODELS, () -> RestrictedUnpickler.read(ByteBuffer.wrap(pickle), "memory"));
  }
}
