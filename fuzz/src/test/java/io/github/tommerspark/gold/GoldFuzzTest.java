package io.github.tommerspark.gold;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import java.io.ByteArrayInputStream;
import java.util.List;

/** Gold files: one byte that chooses the format, then the file. */
class GoldFuzzTest {

  @DictionaryEntries({
    "\"text\":",
    "\"entities\":[{",
    "\"start\":",
    "\"end\":",
    "\"type\":",
    "\"roles\":[",
    "\"id\":",
    "-DOCSTART-",
    "B-",
    "I-PER",
    "S-LOC",
    "E",
    "\t",
    "# id =",
    "\\ud83d"
  })
  @FuzzTest
  void gold(byte[] input) {
    if (input.length == 0) {
      return;
    }
    GoldFormat format = GoldFormat.values()[(input[0] & 0xff) % GoldFormat.values().length];
    Bounds.check(
        List.of(GoldFormatException.class),
        () -> {
          List<GoldDocument> documents =
              format.read("memory", new ByteArrayInputStream(input, 1, input.length - 1));
          for (GoldDocument document : documents) {
            for (GoldSpan mention : document.mentions()) {
              document.text().substring(mention.start(), mention.end());
            }
          }
        });
  }
}
