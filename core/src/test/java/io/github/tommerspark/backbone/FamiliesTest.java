package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.testing.Golden;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What absent keys, nulls and keys that overlap mean. */
class FamiliesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Slot GLOBAL = Slot.ROTARY_FREQUENCIES;
  private static final Slot LOCAL = Slot.LOCAL_ROTARY_FREQUENCIES;

  @ParameterizedTest
  @CsvSource({
    "llama, rms_norm_eps, norm_eps, 1e-6",
    "phi3, rms_norm_eps, norm_eps, 1e-5",
    "gpt_neox, layer_norm_eps, norm_eps, 1e-5",
    "bert, layer_norm_eps, norm_eps, 1e-12",
    "modernbert, norm_eps, norm_eps, 1e-5",
    "gemma2, attn_logit_softcapping, soft_cap, 50",
    "gemma2, query_pre_attn_scalar, attention_scales, '[0.0625, 0.0625, 0.0625, 0.0625]'",
    "gpt_neox, hidden_act, activation_kind, gelu",
    "gpt2, activation_function, activation_kind, gelu_tanh",
    "phi, hidden_act, activation_kind, gelu_tanh",
    "gemma, hidden_act, activation_kind, gelu_tanh",
    "mistral, hidden_act, activation_kind, silu",
    "gpt_neox, use_parallel_residual, parallel, true",
    "mistral, sliding_window, windows, '[4096, 4096, 4096, 4096]'",
    "gemma2, sliding_window, windows, '[4096, 0, 4096, 0]'",
    "phi3, sliding_window, windows, '[0, 0, 0]'",
    "qwen2-swa, max_window_layers, windows, '[0, 0, 0, 0]'",
    "modernbert, global_attn_every_n_layers, windows, '[0, 8, 8, 0, 8]'",
    "roberta, pad_token_id, padding_id, 1"
  })
  void absent(String directory, String key, String attribute, String expected) throws IOException {
    ObjectNode config = golden(directory);
    config.remove(key);
    Object value = read(config).forward().attributes().get(attribute);
    if (value instanceof Double number) {
      assertThat(number).isEqualTo(Double.parseDouble(expected));
    } else {
      assertThat(value).hasToString(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mistral, sliding_window, windows, '[0, 0, 0, 0]'",
    "qwen2-swa, sliding_window, windows, '[0, 0, 0, 0]'",
    "qwen2-swa, use_sliding_window, windows, '[0, 0, 0, 0]'",
    "gemma2, attn_logit_softcapping, soft_cap, 0.0",
    "gpt_neox, use_parallel_residual, parallel, false",
    "gpt2, scale_attn_weights, attention_scales, '[1.0, 1.0, 1.0, 1.0]'",
    "gemma, hidden_activation, activation_kind, gelu_tanh",
    "llama, num_key_value_heads, kv_heads, 4",
    "mistral, num_key_value_heads, kv_heads, 4",
    "mistral, head_dim, head_dim, 16"
  })
  void nullMeans(String directory, String key, String attribute, String expected)
      throws IOException {
    ObjectNode config = golden(directory);
    config.putNull(key);
    assertThat(read(config).forward().attributes().get(attribute)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "llama, rms_norm_eps",
    "llama, hidden_act",
    "llama, rope_theta",
    "qwen2-swa, max_window_layers",
    "qwen3, head_dim",
    "gemma2, hidden_activation",
    "gemma2, query_pre_attn_scalar",
    "gpt_neox, rotary_pct",
    "phi, partial_rotary_factor",
    "roberta, pad_token_id",
    "modernbert, local_attention"
  })
  void nullIsRefused(String directory, String key) throws IOException {
    ObjectNode config = golden(directory);
    config.putNull(key);
    assertThatThrownBy(() -> read(config))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("\"%s\" is null".formatted(key));
  }

  @ParameterizedTest
  @CsvSource({
    "gpt_neox, rotary_emb_base, rope_theta, 20000",
    "gpt_neox, rotary_pct, partial_rotary_factor, 0.5"
  })
  void namesThatTransformersDoesNotReadDoNotReplaceTheDefault(
      String directory, String key, String other, double value) throws IOException {
    ObjectNode config = golden(directory);
    config.remove(key);
    config.put(other, value);
    assertThatThrownBy(() -> read(config))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("\"%s\" is %s".formatted(other, value));
  }

  @Test
  void layerTypesCountMoreThanTheRuleTheyComeFrom() throws IOException {
    ObjectNode qwen = golden("qwen2-swa");
    qwen.put("max_window_layers", 0);
    qwen.putArray("layer_types")
        .add("full_attention")
        .add("sliding_attention")
        .add("full_attention")
        .add("full_attention");
    assertThat(read(qwen).forward().attributes()).containsEntry("windows", List.of(0, 8, 0, 0));

    qwen.put("use_sliding_window", false);
    assertThatThrownBy(() -> read(qwen)).hasMessageContaining("\"layer_types\"");
  }

  @Test
  void localFrequenciesFollowTheGlobalBaseWhenTheirsIsNull() throws IOException {
    ObjectNode config = golden("modernbert");
    assertThat(frequencies(config, LOCAL)).isNotEqualTo(frequencies(config, GLOBAL));
    config.putNull("local_rope_theta");
    assertThat(frequencies(config, LOCAL)).isEqualTo(frequencies(config, GLOBAL));
  }

  @Test
  void anEmptyRopeObjectIsNone() throws IOException {
    ObjectNode config = golden("mistral");
    float[] expected = frequencies(config, GLOBAL);
    config.putObject("rope_scaling");
    config.putObject("rope_parameters");
    assertThat(frequencies(config, GLOBAL)).isEqualTo(expected);
  }

  private static float[] frequencies(ObjectNode config, Slot slot) throws IOException {
    return read(config).model().get(slot).values();
  }

  private static BackboneSpec read(ObjectNode config) throws IOException {
    BackboneConfig checked = new BackboneConfig("config.json", config);
    ConfigKeys.check(checked);
    return Families.read(checked);
  }

  private static ObjectNode golden(String directory) throws IOException {
    return (ObjectNode)
        JSON.readTree(
            Golden.committed()
                .resolve("backbones")
                .resolve(directory)
                .resolve("config.json")
                .toFile());
  }
}
