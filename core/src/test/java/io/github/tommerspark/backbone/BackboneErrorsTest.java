package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.Golden;
import io.github.tommerspark.testing.OverlayDirectory;
import io.github.tommerspark.testing.SafetensorsBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configs and checkpoints that cannot be used: one line each, before any weight is read. */
class BackboneErrorsTest {
  private static final Path LLAMA = Golden.committed().resolve("backbones/llama");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "llama",
        "{",
        "{\"model_type\": \"llama\"} {}",
        "{\"model_type\": \"llama\", \"model_type\": \"llama\"}",
        "{\"model_type\": \"llama\", \"rms_norm_eps\": NaN}",
        "{\"model_type\": \"llama\", \"rms_norm_eps\": Infinity}",
        "{'model_type': 'llama'}",
        "[{\"model_type\": \"llama\"}]",
        "\"llama\"",
        "7",
        "null",
        "{\"\u0000\n\": }"
      })
  void whatIsNoJsonObject(String text) {
    assertRefused(text, "config.json");
  }

  @Test
  void noUtf8() {
    byte[] bytes = "{\"model_type\": \"ll\u00e4ma\"}".getBytes(StandardCharsets.ISO_8859_1);
    assertRefused(new OverlayDirectory(llama(), Map.of("config.json", bytes)), "config.json");
  }

  @Test
  void deepNesting() {
    assertRefused("{\"model_type\":" + "[".repeat(100_000), "config.json");
  }

  @Test
  void aDirectoryWithoutConfig(@TempDir Path empty) {
    assertThatThrownBy(() -> BackboneConfig.read(new LocalDirectory(empty)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContainingAll(empty.toString(), "config.json");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "hidden_size|0|is 0",
        "hidden_size|-64|is -64",
        "hidden_size|2147483648|is 2147483648",
        "hidden_size|1e18|is 1.0E18",
        "hidden_size|1000000000000000000000000|is 1000000000000000000000000",
        "hidden_size|16777216|implies [644, 16777216]",
        "hidden_size|64.0|is 64.0",
        "hidden_size|\"64\"|is \"64\"",
        "hidden_size|null|is null",
        "hidden_size|[64]|is [64]",
        "num_attention_heads|5|is 5",
        "num_attention_heads|16777216|implies [268435456, 64]",
        "num_attention_heads|16777217|is 16777217",
        "num_key_value_heads|3|is 3",
        "num_hidden_layers|16777216|is 16777216",
        "num_hidden_layers|0|is 0",
        "head_dim|15|dimensions of a head",
        "head_dim|1|dimensions of a head",
        "vocab_size|645|tensor \"model.embed_tokens.weight\" has shape [644, 64]",
        "intermediate_size|127|tensor \"model.layers.0.mlp.gate_proj.weight\" has shape [128, 64]",
        "rms_norm_eps|0|is 0",
        "rms_norm_eps|-1e-5|is -1.0E-5",
        "rms_norm_eps|1e999|rms_norm_eps",
        "rms_norm_eps|true|is true",
        "rope_theta|0|is 0",
        "rope_theta|null|is null",
        "rope_scaling|\"llama3\"|is \"llama3\"",
        "rope_scaling|{\"rope_type\": \"llama3\"}|\"factor\" is missing",
        "rope_scaling|{\"rope_type\": 3}|is 3",
        "rope_scaling|{\"a\\nb\": 3}|\"a\\u000ab\" is 3",
        "rope_scaling|{\"rope_type\": \"linear\", \"type\": \"default\"}|is \"default\"",
        "hidden_act|\"sin\\nus\"|is \"sin\\u000aus\"",
        "attention_bias|1|is 1",
        "attention_bias|true|model.layers.0.self_attn.q_proj.bias",
        "quantization_config|{\"quant_method\": \"awq\", \"bits\": 4}|\"quant_method\":\"awq\"",
        "bos_token_id|-1|is -1",
        "max_position_embeddings|0|is 0"
      },
      delimiter = '|')
  void wrongValue(String key, String value, String expected) throws IOException {
    ObjectNode config = without(key);
    // The value as it is written, which need not survive being parsed.
    String other = "{\"%s\": %s, %s".formatted(key, value, config.toString().substring(1));
    assertRefused(other, expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model_type",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "vocab_size"
      })
  void missingField(String key) throws IOException {
    assertRefused(without(key).toString(), "\"%s\" is missing".formatted(key));
  }

  @Test
  void unknownFamiliesNameTheSupportedOnes() {
    assertRefused(
        "{\"model_type\": \"mamba\\n\"}", "mamba\\u000a", "bert, distilbert, electra, gemma");
    assertRefused("{}", "model_type", "bert, distilbert, electra, gemma");
    assertRefused("{\"model_type\": 7}", "model_type", "7");
    assertThat(Families.names())
        .containsExactly(
            "bert",
            "distilbert",
            "electra",
            "gemma",
            "gemma2",
            "gpt2",
            "gpt_neox",
            "llama",
            "mistral",
            "modernbert",
            "phi",
            "phi3",
            "qwen2",
            "qwen3",
            "roberta");
  }

  @Test
  void aLongValueIsCut() {
    String message = message("{\"model_type\": \"" + "x".repeat(100_000) + "\"}");
    assertThat(message).hasSizeLessThan(600);
  }

  @Test
  void aTensorOfAWrongType() {
    String header =
        "{\"model.embed_tokens.weight\":"
            + "{\"dtype\":\"I8\",\"shape\":[644,64],\"data_offsets\":[0,41216]}}";
    assertRefused(
        weights(SafetensorsBytes.of(header, new byte[41_216])),
        "model.safetensors",
        "model.embed_tokens.weight",
        "I8",
        "F32, F16, BF16");
  }

  @Test
  void missingTensors() {
    assertRefused(
        weights(SafetensorsBytes.of("{}")), "model.embed_tokens.weight or embed_tokens.weight");
    String header =
        "{\"model.embed_tokens.weight\":"
            + "{\"dtype\":\"BF16\",\"shape\":[644,64],\"data_offsets\":[0,82432]}}";
    assertRefused(
        weights(SafetensorsBytes.of(header, new byte[82_432])),
        "model.layers.0.input_layernorm.weight");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 100, Integer.MAX_VALUE, -1})
  void aLayerThatIsNotThere(int layer) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(llama())) {
      assertThatThrownBy(() -> BackbonePlan.of(llama(), checkpoint, layer))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContainingAll("layer " + layer, LLAMA.toString(), "0 to 3");
    }
  }

  private static ObjectNode without(String key) throws IOException {
    ObjectNode config =
        (ObjectNode) new ObjectMapper().readTree(LLAMA.resolve("config.json").toFile());
    config.remove(key);
    return config;
  }

  private static ModelDirectory llama() {
    return new LocalDirectory(LLAMA);
  }

  private static ModelDirectory weights(byte[] file) {
    return new OverlayDirectory(llama(), Map.of("model.safetensors", file));
  }

  private static String message(String config) {
    ModelDirectory directory =
        new OverlayDirectory(
            llama(), Map.of("config.json", config.getBytes(StandardCharsets.UTF_8)));
    return assertRefused(directory, "llama");
  }

  private static void assertRefused(String config, String... parts) {
    assertThat(message(config)).contains(parts);
  }

  private static String assertRefused(ModelDirectory directory, String... parts) {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      try {
        BackbonePlan.of(directory, checkpoint, 1);
      } finally {
        assertThat(checkpoint.bytesRead()).isZero();
      }
    } catch (ModelFormatException e) {
      assertThat(e.getMessage())
          .startsWith("Cannot ")
          .contains(directory.name())
          .contains(parts)
          .doesNotContain("\n", "\r", "\u0000");
      return e.getMessage();
    } catch (IOException e) {
      throw new AssertionError("not a ModelFormatException", e);
    }
    throw new AssertionError("not refused");
  }
}
