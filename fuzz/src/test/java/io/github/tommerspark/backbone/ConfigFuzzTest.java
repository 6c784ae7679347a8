package io.github.tommerspark.backbone;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.tommerspark.testing.Bounds;
import io.github.tommerspark.testing.MemoryDirectory;
import java.util.Map;

/** A config.json: its keys, what they describe, and the weights that this asks for. */
class ConfigFuzzTest {

  @DictionaryEntries({
    "\"model_type\":\"bert\"",
    "\"model_type\":\"gpt2\"",
    "\"model_type\":\"gpt_neox\"",
    "\"model_type\":\"modernbert\"",
    "\"model_type\":\"phi3\"",
    "\"model_type\":\"gemma2\"",
    "\"rope_scaling\":{\"rope_type\":\"llama3\"",
    "\"rope_parameters\":{",
    "\"layer_types\":[",
    "\"sliding_window\":",
    "\"head_dim\":",
    "\"num_key_value_heads\":",
    "\"hidden_act\":\"silu\"",
    "\"low_freq_factor\":",
    "16777216",
    "4096",
    "1e-400",
    "null"
  })
  @FuzzTest
  void config(byte[] file) {
    Bounds.check(
        Bounds.OF_MODELS,
        () -> {
          BackboneConfig config =
              BackboneConfig.read(new MemoryDirectory(Map.of(BackboneConfig.FILE, file)));
          ConfigKeys.check(config);
          BackboneSpec spec = Families.read(config);
          spec.requireLayer(0, "memory");
          for (Weight weight : spec.weights(0)) {
            weight.shape();
          }
        });
  }
}
