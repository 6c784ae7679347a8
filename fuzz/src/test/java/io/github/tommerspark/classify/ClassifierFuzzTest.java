package io.github.tommerspark.classify;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.checkpoint.FloatTensor;
import io.github.tommerspark.checkpoint.SafetensorsWriter;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;

/** The settings of classifiers and of label models, beside the parameters of a small classifier. */
class ClassifierFuzzTest {

  private final byte[] parameters;

  ClassifierFuzzTest() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SafetensorsWriter.write(
        Map.of(
            ClassifierFields.INPUT_WEIGHT, new FloatTensor(new long[] {2, 8}, new float[16]),
            ClassifierFields.INPUT_BIAS, new FloatTensor(new long[] {2}, new float[2]),
            ClassifierFields.CLASS_VECTORS, new FloatTensor(new long[] {2, 2}, new float[4])),
        out);
    parameters = out.toByteArray();
  }

  @DictionaryEntries({
    "\"format\":\"tommer-spark/span-classifier\"",
    "\"format\":\"tommer-spark/label-model\"",
    "\"version\":1",
    "\"hidden_size\":4",
    "\"layer\":0",
    "\"embedding_size\":2",
    "\"mlp_layers\":1",
    "\"representation\":\"concat\"",
    "\"class_probability\":\"softmax\"",
    "\"classes\":[\"O\",",
    "\"mention_size\":",
    "\"label_size\":",
    "\"label_prompt\":",
    "\"prior_exponent\":",
    "\"label_threshold\":",
    "\"calibration_scale\":",
    "1e999",
    "2147483647"
  })
  @FuzzTest
  void settings(byte[] settings) {
    MemoryDirectory directory =
        new MemoryDirectory(
            Map.of(ClassifierFiles.SETTINGS, settings, ClassifierFiles.PARAMETERS, parameters));
    Bounds.check(Bounds.OF_MODELS, () -> ClassifierFiles.readLayer(directory));
    Bounds.check(Bounds.OF_MODELS, () -> ClassifierFiles.read(directory));
  }
}
