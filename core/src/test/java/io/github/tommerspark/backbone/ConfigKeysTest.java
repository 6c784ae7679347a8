package io.github.tommerspark.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.backbone.KeyUses.Fixed;
import io.github.tommerspark.backbone.KeyUses.Honoured;
import io.github.tommerspark.backbone.KeyUses.Limit;
import io.github.tommerspark.backbone.KeyUses.Neutral;
import io.github.tommerspark.backbone.KeyUses.Use;
import io.github.tommerspark.checkpoint.Checkpoint;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.engine.ComputeType;
import io.github.tommerspark.source.LocalDirectory;
import io.github.tommerspark.source.ModelDirectory;
import io.github.tommerspark.testing.OverlayDirectory;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Every key of the table, in every family and in both layouts of config.json: another value changes
 * the hidden states or is refused by name and value, unless the table says that it cannot matter.
 */
class ConfigKeysTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** States by what they are computed from; loading again what has been run takes minutes. */
  private static final Map<List<Object>, float[]> STATES = new HashMap<>();

  /** Longer than any window of the references, so that a wider or narrower one shows. */
  private static final int TOKENS = 40;

  /** Keys of the number of blocks. */
  private static final List<String> LAYERS = List.of("n_layer", "n_layers", "num_hidden_layers");

  /** Keys that decide which weights there are: a wrong value may be refused naming a tensor. */
  private static final Set<String> SHAPING =
      Set.of(
          "hidden_size",
          "intermediate_size",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "dim",
          "embedding_size",
          "hidden_dim",
          "n_embd",
          "n_heads",
          "n_inner",
          "attention_bias",
          "mlp_bias",
          "norm_bias",
          "vocab_size",
          "type_vocab_size",
          "max_position_embeddings",
          "n_positions");

  /** Other values, by key; a key that is not here must have another value by its type. */
  private static final Map<String, List<String>> OTHER_VALUES =
      Map.ofEntries(
          Map.entry("activation", List.of("'relu'", "'quick_gelu'")),
          Map.entry("activation_function", List.of("'relu'", "'gelu'", "'quick_gelu'")),
          Map.entry("add_cross_attention", List.of("true")),
          Map.entry("attention_bias", List.of("true")),
          Map.entry("head_dim", List.of("2", "64")),
          Map.entry("hidden_act", List.of("'relu'", "'quick_gelu'")),
          Map.entry("hidden_activation", List.of("'relu'", "'quick_gelu'")),
          Map.entry("hidden_size", List.of("160")),
          Map.entry("is_decoder", List.of("true")),
          Map.entry("global_rope_theta", List.of("5000.0")),
          Map.entry("layer_norm_eps", List.of("0.001", "0.1")),
          Map.entry("layer_norm_epsilon", List.of("0.001", "0.1")),
          Map.entry("layer_types", List.of("['full_attention']", "['chunked_attention']", "7")),
          Map.entry("local_rope_theta", List.of("5000.0", "null")),
          Map.entry("max_position_embeddings", List.of("7")),
          Map.entry("mlp_bias", List.of("true")),
          Map.entry("model_type", List.of("'llama5'", "''")),
          Map.entry("norm_eps", List.of("0.001", "0.1")),
          Map.entry("num_attention_heads", List.of("2", "8")),
          Map.entry("n_inner", List.of("96")),
          Map.entry("n_layer", List.of("100")),
          Map.entry("n_layers", List.of("100")),
          Map.entry("num_hidden_layers", List.of("100")),
          Map.entry("original_max_position_embeddings", List.of("32", "128")),
          Map.entry("partial_rotary_factor", List.of("0.5", "0.75")),
          Map.entry("per_layer_config", List.of("{'0': {'head_dim': 8}}")),
          Map.entry("position_embedding_type", List.of("'relative_key'")),
          Map.entry("pruned_heads", List.of("{'0': [1]}")),
          Map.entry("qk_layernorm", List.of("true")),
          Map.entry("quantization_config", List.of("{'quant_method': 'gptq'}")),
          Map.entry("rms_norm_eps", List.of("0.001", "0.1")),
          Map.entry("rope_parameters", List.of("{'rope_type': 'default', 'rope_theta': 77.0}")),
          Map.entry("rope_scaling", List.of("{'type': 'linear', 'factor': 2.5}")),
          Map.entry("rope_theta", List.of("77.0")),
          Map.entry("rotary_emb_base", List.of("77")),
          Map.entry("rotary_pct", List.of("0.5")),
          Map.entry("scale_attn_by_inverse_layer_idx", List.of("true")),
          Map.entry("scale_attn_weights", List.of("false")),
          Map.entry("sliding_window", List.of("3", "5")),
          Map.entry("use_bidirectional_attention", List.of("true")));

  @TestFactory
  Stream<DynamicNode> everyKeyOfTheTable() throws IOException {
    return snapshots().stream()
        .map(
            snapshot -> {
              List<DynamicNode> tests = new ArrayList<>();
              Map<String, Use> row = snapshot.uses();
              tests.add(dynamicTest("all keys are known", snapshot::hasOnlyKnownKeys));
              tests.add(dynamicTest("neutral keys", () -> snapshot.neutral(row)));
              row.forEach(
                  (key, use) -> {
                    if (!(use instanceof Neutral)) {
                      tests.add(dynamicTest(key, () -> snapshot.perturb(key, use)));
                    }
                  });
              if (row.containsKey("rope_scaling")) {
                tests.add(dynamicTest("rope types", snapshot::ropeTypes));
                tests.add(dynamicTest("rope parameters", snapshot::ropeParameters));
              }
              return dynamicContainer(snapshot.toString(), tests);
            });
  }

  /** The directories of the references with their configs, leaving out repeated ones. */
  private static List<Snapshot> snapshots() throws IOException {
    List<Snapshot> snapshots = new ArrayList<>();
    Set<JsonNode> seen = new HashSet<>();
    for (Path directory : GoldenBackboneTest.directories()) {
      for (String file : List.of("config.json", "config.v5.json")) {
        Path path = directory.resolve(file);
        if (Files.exists(path)) {
          ObjectNode config = (ObjectNode) JSON.readTree(path.toFile());
          ObjectNode essence = config.deepCopy();
          essence.remove(List.of("architectures", "tie_word_embeddings", "torch_dtype", "dtype"));
          if (seen.add(essence)) {
            snapshots.add(new Snapshot(directory, file, config));
          }
        }
      }
    }
    return snapshots;
  }

  private record Snapshot(Path directory, String file, ObjectNode original) {

    String family() {
      return original.get("model_type").asText();
    }

    Map<String, Use> uses() {
      try {
        return ConfigKeys.of(Families.of(new BackboneConfig("config.json", original)));
      } catch (ModelFormatException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String toString() {
      return directory.getFileName() + "/" + file;
    }

    void hasOnlyKnownKeys() throws IOException {
      Set<String> keys = new TreeSet<>();
      original.fieldNames().forEachRemaining(keys::add);
      assertThat(uses().keySet()).containsAll(keys);
      assertThat(ConfigKeys.check(new BackboneConfig("config.json", original))).isEmpty();
    }

    void neutral(Map<String, Use> row) throws IOException {
      ObjectNode changed = original.deepCopy();
      row.forEach(
          (key, use) -> {
            // It is read, though no hidden state depends on it.
            if (use instanceof Neutral && !key.equals("bos_token_id")) {
              changed.set(key, other(changed.get(key)));
            }
          });
      changed.put("bos_token_id", 5);
      assertThat(states(changed)).isEqualTo(states(original));
    }

    void perturb(String key, Use use) throws IOException {
      ObjectNode base = active(key);
      float[] expected = states(base);
      List<JsonNode> values = new ArrayList<>();
      OTHER_VALUES.getOrDefault(key, List.of()).forEach(text -> values.add(json(text)));
      JsonNode value = base.get(key);
      boolean counted = LAYERS.contains(key);
      if (value != null
          && value.isNumber()
          && !counted
          && !key.endsWith("eps")
          && !key.endsWith("epsilon")) {
        for (double factor : new double[] {2, 0.5}) {
          double other = factor * value.doubleValue();
          values.add(value.isIntegralNumber() ? json((long) other) : json(other));
        }
      }
      if (value != null && value.isBoolean()) {
        values.add(json(!value.booleanValue()));
      }
      values.removeIf(one -> one.equals(value));
      if (use instanceof Fixed fixed) {
        values.removeIf(fixed::accepts);
        for (JsonNode accepted : fixed.accepted()) {
          assertThat(states(with(base, key, accepted))).isEqualTo(expected);
        }
      }
      assertThat(values).as("other values of %s", key).isNotEmpty();
      // No type of value that a key can have includes this one.
      values.add(json("[['x']]"));
      for (JsonNode other : values) {
        ObjectNode changed = with(base, key, other);
        String name = "%s = %s".formatted(key, other);
        if (use instanceof Fixed || other.isArray() && !key.equals("layer_types")) {
          assertRefused(changed, key, other, false);
          continue;
        }
        try {
          float[] states = states(changed);
          if (use instanceof Honoured) {
            assertThat(states).as(name).isNotEqualTo(expected);
          } else {
            assertThat(use).isInstanceOf(Limit.class);
            assertThat(states).as(name).isEqualTo(expected);
          }
        } catch (ModelFormatException e) {
          assertRefused(changed, key, other, SHAPING.contains(key));
        }
      }
    }

    /** The config with what a key needs to have an effect at all. */
    private ObjectNode active(String key) {
      ObjectNode base = original.deepCopy();
      if (family().startsWith("qwen")
          && Set.of("sliding_window", "use_sliding_window", "max_window_layers", "layer_types")
              .contains(key)) {
        base.put("use_sliding_window", true);
        base.put("sliding_window", 8);
        base.put("max_window_layers", 1);
        base.remove("layer_types");
      }
      if (key.equals("global_attn_every_n_layers")) {
        base.remove("layer_types");
      }
      if (key.equals("attention_bias") && family().equals("gpt_neox")) {
        base.put("attention_bias", true);
      }
      if (key.equals("original_max_position_embeddings")) {
        if (family().equals("gpt_neox")) {
          // Few dimensions are rotated: with the usual base, no wavelength is a medium one.
          base.remove("rotary_emb_base");
          rope(base, "rope_theta", "16.0");
        }
        rope(base, "rope_type", "'llama3'");
        rope(base, "factor", "32.0");
        rope(base, "low_freq_factor", "1.0");
        rope(base, "high_freq_factor", "4.0");
        rope(base, "original_max_position_embeddings", "64");
      }
      return base;
    }

    void ropeTypes() throws IOException {
      float[] expected = states(original);
      for (String type : List.of("dynamic", "yarn", "longrope", "su", "mrope", "Default", "")) {
        for (String field : List.of("rope_type", "type")) {
          ObjectNode changed = original.deepCopy();
          rope(changed, "rope_type", null);
          rope(changed, field, "'%s'".formatted(type));
          rope(changed, "factor", "2.0");
          rope(changed, "short_factor", "[1.0]");
          assertThatThrownBy(() -> states(changed))
              .isInstanceOf(ModelFormatException.class)
              .hasMessageContainingAll("rope_", "\"" + type + "\"")
              .hasMessageNotContaining("\n");
        }
      }
      for (String scaled : List.of("linear", "llama3")) {
        ObjectNode changed = original.deepCopy();
        rope(changed, "rope_type", "'%s'".formatted(scaled));
        rope(changed, "factor", "2.0");
        rope(changed, "low_freq_factor", "1.0");
        rope(changed, "high_freq_factor", "2.0");
        rope(changed, "original_max_position_embeddings", "64");
        if (family().equals("phi3") || family().equals("modernbert") && !newLayout()) {
          assertThatThrownBy(() -> states(changed))
              .isInstanceOf(ModelFormatException.class)
              .hasMessageContainingAll("rope_", "\"" + scaled + "\"");
        } else {
          assertThat(states(changed)).as(scaled).isNotEqualTo(expected);
        }
      }
    }

    void ropeParameters() throws IOException {
      if (family().equals("phi3") || family().equals("modernbert") && !newLayout()) {
        return;
      }
      ObjectNode base = active("original_max_position_embeddings");
      float[] expected = states(base);
      Map<String, List<String>> values = new LinkedHashMap<>();
      values.put("factor", List.of("16.0", "'x'", "0", "-1", "null"));
      values.put("low_freq_factor", List.of("0.5", "'x'", "5.0"));
      values.put("high_freq_factor", List.of("2.5", "'x'", "0.5"));
      values.put("original_max_position_embeddings", List.of("32", "true"));
      values.put("rope_theta", List.of("77.0", "[]"));
      values.put("partial_rotary_factor", List.of("0.5", "2.0", "'x'"));
      values.put("mscale", List.of("2.0"));
      for (Map.Entry<String, List<String>> entry : values.entrySet()) {
        for (String value : entry.getValue()) {
          ObjectNode changed = base.deepCopy();
          rope(changed, entry.getKey(), value);
          try {
            assertThat(states(changed)).as("%s = %s", entry.getKey(), value).isNotEqualTo(expected);
          } catch (ModelFormatException e) {
            assertRefused(changed, entry.getKey(), json(value), false);
          }
        }
      }
    }

    private boolean newLayout() {
      return original.has("rope_parameters");
    }

    /** Sets a parameter of the rotary embedding where this layout has it; null removes it. */
    private void rope(ObjectNode config, String field, String value) {
      if (!newLayout()) {
        if (!config.hasNonNull("rope_scaling")) {
          config.putObject("rope_scaling");
        }
        set((ObjectNode) config.get("rope_scaling"), field, value);
      } else if (family().equals("modernbert")) {
        set((ObjectNode) config.at("/rope_parameters/full_attention"), field, value);
      } else {
        set((ObjectNode) config.get("rope_parameters"), field, value);
      }
    }

    private static void set(ObjectNode object, String field, String value) {
      if (value == null) {
        object.remove(field);
      } else {
        object.set(field, json(value));
      }
    }

    private void assertRefused(ObjectNode config, String key, JsonNode value, boolean byTensor) {
      assertThatThrownBy(() -> states(config))
          .as("%s = %s", key, value)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageNotContaining("\n")
          .satisfies(
              e -> {
                String message = e.getMessage();
                boolean named = names(message, key, value);
                boolean tensor =
                    message.contains("tensor \"") && message.contains(directory.toString());
                assertThat(named || byTensor && tensor).as(message).isTrue();
              });
    }

    private static boolean names(String message, String key, JsonNode value) {
      return message.contains(key) && message.contains("is " + BackboneConfig.shown(value))
          || value.properties().stream()
              .anyMatch(entry -> names(message, entry.getKey(), entry.getValue()));
    }

    /** Hidden states of the last block for the beginning of the long batch. */
    private float[] states(ObjectNode config) throws IOException {
      ModelDirectory snapshot =
          new OverlayDirectory(
              new LocalDirectory(directory), Map.of("config.json", JSON.writeValueAsBytes(config)));
      int last =
          LAYERS.stream()
              .filter(original::has)
              .mapToInt(key -> original.get(key).asInt() - 1)
              .findFirst()
              .getAsInt();
      try (Checkpoint golden = Checkpoint.open(snapshot, "hidden.safetensors");
          Checkpoint checkpoint = Checkpoint.open(snapshot)) {
        BackbonePlan plan = BackbonePlan.of(snapshot, checkpoint, last);
        List<Object> computed = computed(plan);
        float[] known = STATES.get(computed);
        if (known != null) {
          return known;
        }
        LongBuffer ids = golden.raw(golden.tensor("c.input_ids")).asLongBuffer();
        long[] tokens = new long[TOKENS];
        ids.get(tokens);
        try (Backbone backbone =
            Backbone.load(plan, checkpoint, ComputeType.FP32, Device.cpu(), List.of())) {
          float[] states = backbone.hiddenStates(tokens, new long[] {1, TOKENS}, last).get(0);
          STATES.put(computed, states);
          return states;
        }
      }
    }

    /** All that loading and running a plan makes use of. */
    private List<Object> computed(BackbonePlan plan) {
      List<Object> computed = new ArrayList<>(List.of(directory, plan.spec().forward()));
      for (BackbonePlan.Resolved weight : plan.weights()) {
        Weight read = weight.weight();
        computed.add(Arrays.asList(read.kind(), read.name(), Arrays.toString(read.values())));
      }
      return computed;
    }
  }

  private static ObjectNode with(ObjectNode config, String key, JsonNode value) {
    ObjectNode changed = config.deepCopy();
    changed.set(key, value);
    return changed;
  }

  private static JsonNode other(JsonNode value) {
    if (value == null || value.isNull()) {
      return json("7");
    }
    if (value.isBoolean()) {
      return json(!value.booleanValue());
    }
    return value.isNumber() ? json(value.asDouble() / 2 + 0.25) : json("'another'");
  }

  private static JsonNode json(Object value) {
    try {
      return JSON.readTree(value.toString().replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
