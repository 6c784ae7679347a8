package io.github.tommerspark.gguf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.gguf.GgufWeight.Rows;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The config.json of a file's snapshot in the making: the sizes that every architecture has, and
 * the groups of keys that several of them share.
 */
final class GgufConfig {

  static final String ROPE_FACTORS = "rope_freqs.weight";

  /** Reads the values of a small tensor. */
  @FunctionalInterface
  interface Factors {
    float[] of(GgufTensor tensor) throws IOException;
  }

  private final GgufArchitecture architecture;
  final GgufMetadata metadata;
  final GgufHeader header;
  private final Factors factors;

  /** The keys that have been written so far. */
  final ObjectNode config = JsonNodeFactory.instance.objectNode();

  final int width;
  final int blocks;
  final int heads;
  final int kvHeads;
  final int headDim;

  /**
   * Reads the sizes.
   *
   * @param factors reads a small fp32 tensor
   * @throws ModelFormatException if one is missing
   */
  GgufConfig(
      GgufArchitecture architecture, GgufMetadata metadata, GgufHeader header, Factors factors)
      throws ModelFormatException {
    this.architecture = architecture;
    this.metadata = metadata;
    this.header = header;
    this.factors = factors;
    width = metadata.size(key("embedding_length"));
    blocks = metadata.size(key("block_count"));
    heads = metadata.size(key("attention.head_count"));
    kvHeads = sizeIfThere("attention.head_count_kv").orElse(heads);
    OptionalInt keyLength = sizeIfThere("attention.key_length");
    headDim = keyLength.isPresent() ? keyLength.getAsInt() : Math.max(1, width / heads);
    OptionalInt valueLength = sizeIfThere("attention.value_length");
    if (valueLength.isPresent() && valueLength.getAsInt() != headDim) {
      throw metadata.unsupported(key("attention.value_length"), headDim);
    }
  }

  /** The key of an entry of this architecture. */
  String key(String name) {
    return architecture.label() + "." + name;
  }

  OptionalInt sizeIfThere(String name) throws ModelFormatException {
    return metadata.sizeIfThere(key(name));
  }

  double positive(String name, double otherwise) throws ModelFormatException {
    return metadata.positiveIfThere(key(name)).orElse(otherwise);
  }

  boolean hasTensor(String name) {
    return header.tensors().containsKey(name);
  }

  /**
   * Returns the whole config.json.
   *
   * @throws ModelFormatException if the file lacks an entry, or says what is not supported
   */
  ObjectNode config() throws IOException {
    config.put("model_type", architecture.family());
    GgufTensor embedding = header.tensors().get("token_embd.weight");
    if (embedding == null) {
      throw metadata.unusable("tensor \"token_embd.weight\" is missing");
    }
    config.put("vocab_size", Rows.count(embedding));
    architecture.configure(this);
    ropeScaling();
    refuseExperts();
    config.put("tie_word_embeddings", !hasTensor("output.weight"));
    for (String token : List.of("bos", "eos")) {
      OptionalInt id = metadata.idIfThere("tokenizer.ggml." + token + "_token_id");
      if (id.isPresent()) {
        config.put(token + "_token_id", id.getAsInt());
      }
    }
    // Facts that say nothing about the forward, or are known otherwise.
    for (String known : List.of("vocab_size", "tensor_data_layout")) {
      metadata.find(key(known));
    }
    // The reader of config.json warns about keys that it does not know.
    metadata
        .unread(architecture.label() + ".")
        .forEach((key, value) -> config.put(key, GgufMetadata.shown(value)));
    return config;
  }

  /** Sizes of the families with RMS norm and gated MLP. */
  void like(boolean headDimension) throws ModelFormatException {
    config.put("hidden_size", width);
    config.put("intermediate_size", metadata.size(key("feed_forward_length")));
    config.put("num_hidden_layers", blocks);
    config.put("num_attention_heads", heads);
    config.put("num_key_value_heads", kvHeads);
    if (headDimension) {
      config.put("head_dim", headDim);
      wholeRotation();
    }
    config.put("max_position_embeddings", metadata.size(key("context_length")));
    config.put("rms_norm_eps", metadata.positive(key("attention.layer_norm_rms_epsilon")));
    theta();
  }

  /** Sizes of the families with layer norm and plain MLP. */
  void layerNormed(String epsilon) throws ModelFormatException {
    config.put("hidden_size", width);
    config.put("intermediate_size", metadata.size(key("feed_forward_length")));
    config.put("num_hidden_layers", blocks);
    config.put("num_attention_heads", heads);
    config.put("max_position_embeddings", metadata.size(key("context_length")));
    config.put(epsilon, metadata.positive(key("attention.layer_norm_epsilon")));
  }

  void theta() throws ModelFormatException {
    config.put("rope_theta", positive("rope.freq_base", 10_000));
  }

  void wholeRotation() throws ModelFormatException {
    OptionalInt rotary = sizeIfThere("rope.dimension_count");
    if (rotary.isPresent() && rotary.getAsInt() != headDim) {
      throw metadata.unsupported(key("rope.dimension_count"), headDim);
    }
  }

  /** The share of a head's dimensions that are rotated. */
  void partialRotation(String field) throws ModelFormatException {
    int rotary = sizeIfThere("rope.dimension_count").orElse(headDim);
    double share = (double) rotary / headDim;
    // Whoever reads it multiplies and rounds down.
    config.put(field, (int) (headDim * share) < rotary ? Math.nextUp(share) : share);
  }

  private void ropeScaling() throws ModelFormatException {
    Optional<String> type = metadata.text(key("rope.scaling.type"));
    OptionalDouble factor = metadata.positiveIfThere(key("rope.scaling.factor"));
    OptionalDouble older = metadata.positiveIfThere(key("rope.scale_linear"));
    metadata.find(key("rope.scaling.original_context_length"));
    switch (type.orElse(older.isPresent() ? "linear" : "none")) {
      case "none" -> {
        if (factor.isPresent() && factor.getAsDouble() != 1) {
          throw metadata.unsupported(key("rope.scaling.factor"), 1);
        }
      }
      case "linear" -> {
        if (config.has("rope_scaling")) {
          throw metadata.unsupported(key("rope.scaling.type"), "none");
        }
        config
            .putObject("rope_scaling")
            .put("rope_type", "linear")
            .put("factor", factor.isPresent() ? factor.getAsDouble() : older.orElse(1));
      }
      default -> throw metadata.unsupported(key("rope.scaling.type"), "none", "linear");
    }
  }

  private void refuseExperts() throws ModelFormatException {
    OptionalInt experts = metadata.idIfThere(key("expert_count"));
    if (experts.orElse(0) > 0) {
      throw metadata.unsupported(key("expert_count"), 0);
    }
    metadata.find(key("expert_used_count"));
  }

  /**
   * Llama 3 slows low frequencies down. The file has the factors, config.json what they are
   * computed from.
   */
  void llama3Rope() throws IOException {
    GgufTensor tensor = header.tensors().get(ROPE_FACTORS);
    if (tensor == null) {
      return;
    }
    if (tensor.type() != GgufType.F32 || tensor.elements() != headDim / 2) {
      throw metadata.unusable(
          String.format(
              Locale.ROOT,
              "tensor \"%s\" does not have %d elements of F32",
              ROPE_FACTORS,
              headDim / 2));
    }
    float[] table = factors.of(tensor);
    double theta = config.get("rope_theta").doubleValue();
    float factor = 1;
    for (float value : table) {
      factor = Math.max(factor, value);
    }
    if (!Llama3Factors.equal(table, theta, factor)) {
      throw metadata.unusable(
          "the frequency factors in tensor \"%s\" are not those of Llama 3.1, 3.2 or 3.3"
              .formatted(ROPE_FACTORS));
    }
    config
        .putObject("rope_scaling")
        .put("rope_type", "llama3")
        .put("factor", (double) factor)
        .put("low_freq_factor", Llama3Factors.LOW)
        .put("high_freq_factor", Llama3Factors.HIGH)
        .put("original_max_position_embeddings", Llama3Factors.TRAINED);
  }
}
