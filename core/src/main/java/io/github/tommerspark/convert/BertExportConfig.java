package io.github.tommerspark.convert;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The config.json of an encoder that was found again in a graph: its numbers follow from shapes,
 * and from constants of the graph.
 */
final class BertExportConfig {

  private static final List<String> FAMILIES = List.of("bert", "roberta");

  /** Steps of the activation between the two layers of a block: eight for the approximated GELU. */
  private static final int MAX_ACTIVATION_STEPS = 16;

  private final BertExport export;
  private final OnnxGraph graph;
  private final @Nullable ObjectNode given;

  /**
   * The config.json of an encoder.
   *
   * @param given the model's own one, or null to derive it
   */
  BertExportConfig(BertExport export, OnnxGraph graph, @Nullable ObjectNode given) {
    this.export = export;
    this.graph = graph;
    this.given = given;
  }

  /**
   * Returns the config.json of a model of the first blocks.
   *
   * @param kept how many blocks, from 1 to {@link BertExport#layers}
   * @throws ModelFormatException if the graph does not tell, or a given config.json says otherwise
   */
  ObjectNode of(int kept) throws IOException {
    Map<String, BertExport.Weight> needed = export.weights(kept);
    long[] words = shape(needed, BertExport.WORDS);
    Map<String, Object> derived = new LinkedHashMap<>();
    derived.put("vocab_size", words[0]);
    derived.put("hidden_size", words[1]);
    derived.put("num_hidden_layers", (long) export.layers());
    derived.put("num_attention_heads", heads(words[1]));
    derived.put(
        "intermediate_size", shape(needed, BertExport.block(0) + "intermediate.dense.bias")[0]);
    derived.put("hidden_act", activation());
    derived.put(
        "max_position_embeddings", shape(needed, "embeddings.position_embeddings.weight")[0]);
    derived.put("type_vocab_size", shape(needed, "embeddings.token_type_embeddings.weight")[0]);
    derived.put("layer_norm_eps", epsilon());
    if (given == null) {
      return derive(derived, kept);
    }
    ObjectNode config = given.deepCopy();
    String family = config.path("model_type").asText();
    if (!FAMILIES.contains(family)) {
      throw export.refused(
          "config.json says \"model_type\": %s; supported for ONNX: %s"
              .formatted(Quoted.of(family), String.join(", ", FAMILIES)));
    }
    for (String key : List.of("num_hidden_layers", "num_attention_heads")) {
      Object value = derived.get(key);
      if (value != null && config.path(key).asLong(-1) != (long) value) {
        throw export.refused(
            "config.json says \"%s\": %s, but the graph has %s"
                .formatted(key, Quoted.of(config.path(key).asText()), value));
      }
    }
    return config.put("num_hidden_layers", kept);
  }

  private static long[] shape(Map<String, BertExport.Weight> weights, String name) {
    return Objects.requireNonNull(weights.get(name), name).shape();
  }

  private ObjectNode derive(Map<String, Object> derived, int kept) throws ModelFormatException {
    for (Map.Entry<String, Object> fact : derived.entrySet()) {
      if (fact.getValue() == null) {
        throw export.refused(
            "the graph does not tell \"%s\"; name the model's config.json"
                .formatted(fact.getKey()));
      }
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode config = mapper.createObjectNode();
    config.putArray("architectures").add("BertModel");
    config.put("model_type", "bert");
    config.setAll((ObjectNode) mapper.valueToTree(derived));
    config.put("num_hidden_layers", kept);
    config.put("position_embedding_type", "absolute");
    config.put("pad_token_id", 0);
    return config;
  }

  /** Heads by which the queries of the first block are divided; null if that cannot be seen. */
  private @Nullable Long heads(long width) throws IOException {
    BertExport.Linear queries = export.linear(BertExport.block(0) + "attention.self.query");
    for (OnnxNode node : graph.consumers(queries.output())) {
      if (node.operator().equals("Reshape") && node.inputs().size() == 2) {
        long[] shape = graph.integers(node.inputs().get(1));
        // Batch, tokens, heads, dimensions of a head.
        if (shape != null && shape.length == 4) {
          long heads = shape[2] > 0 ? shape[2] : shape[3] > 0 ? width / shape[3] : 0;
          if (heads > 0 && (shape[3] <= 0 || shape[3] == width / heads)) {
            return heads;
          }
        }
      }
    }
    return null;
  }

  /**
   * The activation's name in config.json, by the operations between a block's two linear layers;
   * null if that cannot be seen.
   */
  private @Nullable String activation() throws IOException {
    BertExport.Linear widened = export.linear(BertExport.block(0) + "intermediate.dense");
    BertExport.Linear narrowed = export.linear(BertExport.block(0) + "output.dense");
    Set<String> operators = new HashSet<>();
    List<String> values = new ArrayList<>(List.of(narrowed.input()));
    String approximate = "none";
    for (int at = 0; at < values.size(); at++) {
      OnnxNode node = graph.producer(values.get(at));
      if (values.get(at).equals(widened.output()) || node == null) {
        continue;
      }
      if (values.size() > MAX_ACTIVATION_STEPS * 4) {
        return null;
      }
      operators.add(node.operator());
      approximate = String.valueOf(node.attributes().getOrDefault("approximate", approximate));
      for (String input : node.inputs()) {
        if (!values.contains(input)) {
          values.add(input);
        }
      }
    }
    if (operators.contains("Gelu")) {
      return approximate.equals("tanh") ? "gelu_new" : "gelu";
    }
    boolean arithmetic =
        operators.stream()
            .allMatch(
                Set.of(
                        "Add",
                        "Constant",
                        "Div",
                        "Erf",
                        "Identity",
                        "Mul",
                        "Pow",
                        "Relu",
                        "Tanh",
                        "Cast")
                    ::contains);
    List<String> kinds =
        List.of("Erf", "Tanh", "Relu").stream().filter(operators::contains).toList();
    if (!arithmetic || kinds.size() != 1) {
      return null;
    }
    return switch (kinds.get(0)) {
      case "Erf" -> "gelu";
      case "Tanh" -> "gelu_new";
      default -> "relu";
    };
  }

  /** Returns the epsilon of the first norm; null if it cannot be seen. */
  private @Nullable Double epsilon() throws IOException {
    for (OnnxNode node : graph.consumers(export.prefix() + "embeddings.LayerNorm.weight")) {
      if (node.operator().equals("LayerNormalization")) {
        Object added = node.attributes().getOrDefault("epsilon", 1e-5f);
        return added instanceof Float number ? decimal(number) : null;
      }
      if (node.operator().equals("Mul")) {
        for (String input : node.inputs()) {
          OnnxNode quotient = producer(input, "Div");
          OnnxNode root = quotient == null ? null : producer(quotient.inputs().get(1), "Sqrt");
          OnnxNode sum = root == null ? null : producer(root.inputs().get(0), "Add");
          for (String term : sum == null ? List.<String>of() : sum.inputs()) {
            float number = graph.number(term);
            if (number > 0) {
              return decimal(number);
            }
          }
        }
      }
    }
    return null;
  }

  /** The operation that gives a value, if it is of a kind and takes what that kind takes. */
  private @Nullable OnnxNode producer(String value, String operator) {
    OnnxNode node = graph.producer(value);
    int inputs = operator.equals("Sqrt") ? 1 : 2;
    return node != null && node.operator().equals(operator) && node.inputs().size() == inputs
        ? node
        : null;
  }

  /** The number that people wrote, such as 1e-12, and not the float nearest to it. */
  private static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }
}
