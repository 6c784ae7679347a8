package io.github.tommerspark.head;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The definition of a head and what is said beside it: one byte that chooses the layout, a file, a
 * byte 0, and another file.
 */
class HeadFuzzTest {

  private static final int WIDTH = 4;
  private static final int RANK = 2;

  private final byte[] published;

  HeadFuzzTest() throws IOException {
    Map<String, FloatTensor> tensors =
        Map.of(
            HeadFields.QUERY_WEIGHT, ones(WIDTH, RANK),
            HeadFields.KEY_WEIGHT, ones(WIDTH, RANK),
            HeadFields.VALUE_WEIGHT, ones(1, WIDTH),
            HeadFields.VALUE_BIAS, ones(1),
            HeadFields.FEATURE_WEIGHTS, ones(1, PublishedHead.FEATURES, 1, 1));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(tensors, out);
    published = out.toByteArray();
  }

  private static FloatTensor ones(long... shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Arrays.fill(values, 1);
    return new FloatTensor(shape, values);
  }

  @DictionaryEntries({
    "\"fields\":{",
    "\"type\":\"ToMMeR\"",
    "\"path.serialized\"",
    "\"is_folder\":true",
    "\"rank\":2",
    "\"layer\":",
    "\"sliding_window\":",
    "\"normalize_scores\":\"atan\"",
    "\"format\":\"tommer-spark/boundary-head\"",
    "\"version\":1",
    "\"bos\":\"always\"",
    "\"recommended_threshold\":",
    "\"calibration_scale\":",
    "1e999",
    "NaN",
    "2147483648"
  })
  @FuzzTest
  void definition(byte[] input) {
    if (input.length == 0) {
      return;
    }
    String[] layouts = {HeadDefinition.NEWER, HeadDefinition.OLDER, HeadDefinition.BOUNDARY};
    int end = 1;
    while (end < input.length && input[end] != 0) {
      end++;
    }
    Map<String, byte[]> files = new HashMap<>();
    files.put(HeadDefinition.SAFETENSORS, published);
    files.put(layouts[(input[0] & 0xff) % layouts.length], Arrays.copyOfRange(input, 1, end));
    if (end < input.length) {
      files.put(HeadDefinition.ADDITIONS, Arrays.copyOfRange(input, end + 1, input.length));
    }
    Bounds.check(Bounds.OF_MODELS, () -> HeadFiles.read(new MemoryDirectory(files)));
  }
}
