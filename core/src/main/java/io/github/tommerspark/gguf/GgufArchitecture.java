package io.github.tommerspark.gguf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.gguf.GgufWeight.Change;
import io.github.tommerspark.gguf.GgufWeight.Rows;
import io.github.tommerspark.source.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An architecture as llama.cpp names it: how its metadata become a config.json, and its tensors
 * those of a Hugging Face snapshot.
 */
enum GgufArchitecture {
  /** Llama, Mistral, SmolLM 1 and 2 and other models of that shape. */
  LLAMA("llama", "llama") {
    @Override
    void configure(Builder to) throws IOException {
      to.like(true);
      to.config.put("hidden_act", "silu");
      to.config.put("attention_bias", to.hasTensor("blk.0.attn_q.bias"));
      to.config.put("mlp_bias", to.hasTensor("blk.0.ffn_gate.bias"));
      to.llama3Rope();
    }

    @Override
    Map<String, String> block() {
      return LLAMA_BLOCK;
    }

    @Override
    Rows rows(String part, GgufTensor tensor, Builder to) {
      long count = Rows.count(tensor);
      return switch (part) {
        case "attn_q" -> Rows.interleaved(count, to.heads);
        case "attn_k" -> Rows.interleaved(count, to.kvHeads);
        default -> Rows.all(tensor);
      };
    }
  },
  QWEN2("qwen2", "qwen2") {
    @Override
    void configure(Builder to) throws IOException {
      to.like(true);
      to.config.put("hidden_act", "silu");
      to.config.put("use_sliding_window", false);
    }

    @Override
    Map<String, String> block() {
      return LLAMA_BLOCK;
    }
  },
  QWEN3("qwen3", "qwen3") {
    @Override
    void configure(Builder to) throws IOException {
      to.like(true);
      to.config.put("hidden_act", "silu");
      to.config.put("use_sliding_window", false);
      to.config.put("attention_bias", to.hasTensor("blk.0.attn_q.bias"));
    }

    @Override
    Map<String, String> block() {
      Map<String, String> block = new LinkedHashMap<>(LLAMA_BLOCK);
      block.put("attn_q_norm", "self_attn.q_norm");
      block.put("attn_k_norm", "self_attn.k_norm");
      return block;
    }
  },
  PHI3("phi3", "phi3") {
    @Override
    void configure(Builder to) throws IOException {
      to.like(false);
      to.config.put("hidden_act", "silu");
      to.partialRotation("partial_rotary_factor");
      OptionalInt window = to.sizeIfThere("attention.sliding_window");
      to.config.put("sliding_window", window.isPresent() ? window.getAsInt() : null);
    }

    @Override
    Map<String, String> block() {
      return Map.of(
          "attn_norm", "input_layernorm",
          "attn_qkv", "self_attn.qkv_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_norm", "post_attention_layernorm",
          "ffn_up", "mlp.gate_up_proj",
          "ffn_down", "mlp.down_proj");
    }
  },
  GEMMA("gemma", "gemma") {
    @Override
    void configure(Builder to) throws IOException {
      to.like(true);
      to.config.put("hidden_act", "gelu_pytorch_tanh");
      to.config.put("hidden_activation", "gelu_pytorch_tanh");
    }

    @Override
    Map<String, String> block() {
      return LLAMA_BLOCK;
    }

    @Override
    Change change(String name) {
      return name.endsWith("norm.weight") ? Change.MINUS_ONE : Change.NONE;
    }
  },
  GEMMA2("gemma2", "gemma2") {
    /** Blocks of Gemma 2 27B, the only one whose queries are scaled by another width. */
    private static final int BLOCKS_27B = 46;

    @Override
    void configure(Builder to) throws IOException {
      to.like(true);
      to.config.put("hidden_act", "gelu_pytorch_tanh");
      to.config.put("hidden_activation", "gelu_pytorch_tanh");
      to.config.put("sliding_window", to.sizeIfThere("attention.sliding_window").orElse(4096));
      to.config.put("attn_logit_softcapping", to.positive("attn_logit_softcapping", 50));
      to.config.put("final_logit_softcapping", to.positive("final_logit_softcapping", 30));
      // The file does not say; llama.cpp goes by the number of blocks, too.
      to.config.put(
          "query_pre_attn_scalar", to.blocks == BLOCKS_27B ? to.width / to.heads : to.headDim);
    }

    @Override
    Map<String, String> block() {
      Map<String, String> block = new LinkedHashMap<>(LLAMA_BLOCK);
      block.put("post_attention_norm", "post_attention_layernorm");
      block.put("ffn_norm", "pre_feedforward_layernorm");
      block.put("post_ffw_norm", "post_feedforward_layernorm");
      return block;
    }

    @Override
    Change change(String name) {
      return name.endsWith("norm.weight") ? Change.MINUS_ONE : Change.NONE;
    }
  },
  GPTNEOX("gptneox", "gpt_neox") {
    @Override
    void configure(Builder to) throws IOException {
      to.layerNormed("layer_norm_eps");
      to.config.put("hidden_act", "gelu");
      to.config.put(
          "use_parallel_residual", to.metadata.flag(to.key("use_parallel_residual")).orElse(true));
      to.config.put("attention_bias", to.hasTensor("blk.0.attn_qkv.bias"));
      to.partialRotation("rotary_pct");
      to.theta();
    }

    @Override
    Map<String, String> block() {
      return Map.of(
          "attn_norm", "input_layernorm",
          "attn_qkv", "attention.query_key_value",
          "attn_output", "attention.dense",
          "ffn_norm", "post_attention_layernorm",
          "ffn_up", "mlp.dense_h_to_4h",
          "ffn_down", "mlp.dense_4h_to_h");
    }

    @Override
    Map<String, String> others() {
      return Map.of(
          "token_embd.weight", "gpt_neox.embed_in.weight",
          "output_norm.weight", "gpt_neox.final_layer_norm.weight",
          "output_norm.bias", "gpt_neox.final_layer_norm.bias",
          "output.weight", "embed_out.weight");
    }

    @Override
    String blockPrefix() {
      return "gpt_neox.layers.";
    }

    @Override
    Rows rows(String part, GgufTensor tensor, Builder to) {
      return part.equals("attn_qkv")
          ? Rows.perHead(Rows.count(tensor), to.heads)
          : Rows.all(tensor);
    }

    @Override
    long rowsMultiple(String part, Builder to) {
      return part.equals("attn_qkv") ? 3L * to.heads : 1;
    }
  },
  PHI2("phi2", "phi") {
    @Override
    void configure(Builder to) throws IOException {
      to.layerNormed("layer_norm_eps");
      to.config.put("num_key_value_heads", to.kvHeads);
      to.config.put("hidden_act", "gelu_new");
      to.partialRotation("partial_rotary_factor");
      to.theta();
    }

    @Override
    Map<String, String> block() {
      return Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.dense",
          "ffn_up", "mlp.fc1",
          "ffn_down", "mlp.fc2");
    }

    @Override
    Map<String, String> others() {
      return Map.of(
          "token_embd.weight", "model.embed_tokens.weight",
          "output_norm.weight", "model.final_layernorm.weight",
          "output_norm.bias", "model.final_layernorm.bias",
          "output.weight", "lm_head.weight",
          "output.bias", "lm_head.bias");
    }
  },
  GPT2("gpt2", "gpt2") {
    @Override
    void configure(Builder to) throws IOException {
      to.config.put("n_embd", to.width);
      to.config.put("n_layer", to.blocks);
      to.config.put("num_hidden_layers", to.blocks);
      to.config.put("n_head", to.heads);
      to.config.put("n_inner", to.metadata.size(to.key("feed_forward_length")));
      to.config.put("n_positions", to.metadata.size(to.key("context_length")));
      to.config.put(
          "layer_norm_epsilon", to.metadata.positive(to.key("attention.layer_norm_epsilon")));
      to.config.put("activation_function", "gelu_new");
    }

    @Override
    Map<String, String> block() {
      return Map.of(
          "attn_norm", "ln_1",
          "attn_qkv", "attn.c_attn",
          "attn_output", "attn.c_proj",
          "ffn_norm", "ln_2",
          "ffn_up", "mlp.c_fc",
          "ffn_down", "mlp.c_proj");
    }

    @Override
    Map<String, String> others() {
      return Map.of(
          "token_embd.weight", "transformer.wte.weight",
          "position_embd.weight", "transformer.wpe.weight",
          "output_norm.weight", "transformer.ln_f.weight",
          "output_norm.bias", "transformer.ln_f.bias",
          "output.weight", "lm_head.weight");
    }

    @Override
    String blockPrefix() {
      return "transformer.h.";
    }

    @Override
    Change change(String name) {
      return name.endsWith("proj.weight")
              || name.endsWith("c_attn.weight")
              || name.endsWith("c_fc.weight")
          ? Change.TRANSPOSED
          : Change.NONE;
    }
  };

  static final String KEY = "general.architecture";

  private static final Map<String, String> LLAMA_BLOCK =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_norm", "post_attention_layernorm",
          "ffn_gate", "mlp.gate_proj",
          "ffn_up", "mlp.up_proj",
          "ffn_down", "mlp.down_proj");
  private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,6})\\.(.+)\\.(weight|bias)");
  private static final String ROPE_FACTORS = "rope_freqs.weight";

  private final String label;
  private final String family;

  GgufArchitecture(String label, String family) {
    this.label = label;
    this.family = family;
  }

  /** Writes what config.json has beside the sizes. */
  abstract void configure(Builder to) throws IOException;

  /** From parts of a block's tensors, such as {@code attn_q}, to those of the snapshot. */
  abstract Map<String, String> block();

  /** From the names of tensors outside of blocks to those of the snapshot. */
  Map<String, String> others() {
    return Map.of(
        "token_embd.weight", "model.embed_tokens.weight",
        "output_norm.weight", "model.norm.weight",
        "output.weight", "lm_head.weight");
  }

  /** Stands before the index of a block in the snapshot. */
  String blockPrefix() {
    return "model.layers.";
  }

  /** The order of a block's tensor in the file. */
  Rows rows(String part, GgufTensor tensor, Builder to) {
    return Rows.all(tensor);
  }

  /** Number of which the rows of a block's tensor are a multiple. */
  long rowsMultiple(String part, Builder to) {
    return switch (part) {
      case "attn_q" -> 2L * to.heads;
      case "attn_k" -> 2L * to.kvHeads;
      default -> 1;
    };
  }

  /** Transformations of the values of tensors, by their names in the snapshot. */
  Change change(String name) {
    return Change.NONE;
  }

  /** Names of all architectures, as files have them. */
  static List<String> labels() {
    return Arrays.stream(values()).map(one -> one.label).toList();
  }

  /**
   * A file as a snapshot.
   *
   * @param config content of config.json
   * @param weights the tensors, those of wide types first
   * @param layers number of blocks
   */
  record Snapshot(ObjectNode config, List<GgufWeight> weights, int layers) {

    /** The first blocks, without what comes after all blocks but the last norm. */
    Snapshot first(int count) {
      ObjectNode cut = config.deepCopy();
      for (String field : List.of("num_hidden_layers", "n_layer")) {
        if (cut.has(field)) {
          cut.put(field, count);
        }
      }
      return new Snapshot(
          cut, weights.stream().filter(weight -> weight.block() < count).toList(), count);
    }
  }

  /**
   * Finds out what a file's snapshot consists of.
   *
   * @param file the file as messages should name it
   * @param header what stands before its data
   * @param factors reads a small fp32 tensor
   * @throws ModelFormatException if the architecture is not supported, or the file is not what it
   *     should be
   */
  static Snapshot snapshot(String file, GgufHeader header, Factors factors) throws IOException {
    GgufMetadata metadata = new GgufMetadata(file, header.metadata());
    OptionalInt parts = metadata.idIfThere("split.count");
    if (parts.orElse(1) > 1) {
      throw metadata.unusable(
          String.format(
              Locale.ROOT,
              "it is one of %d parts; join them with llama-gguf-split --merge",
              parts.getAsInt()));
    }
    String label = metadata.requireText(KEY);
    GgufArchitecture architecture =
        Arrays.stream(values())
            .filter(one -> one.label.equals(label))
            .findFirst()
            .orElseThrow(() -> metadata.unsupported(KEY, labels().toArray()));
    Builder builder = new Builder(architecture, metadata, header, factors);
    return new Snapshot(builder.config(), builder.weights(), builder.blocks);
  }

  /** Reads the values of a small tensor. */
  @FunctionalInterface
  interface Factors {
    float[] of(GgufTensor tensor) throws IOException;
  }

  /** A file on the way to its snapshot: header, config and names so far. */
  static final class Builder {
    final GgufArchitecture architecture;
    final GgufMetadata metadata;
    final GgufHeader header;
    final Factors factors;
    final ObjectNode config = JsonNodeFactory.instance.objectNode();
    final int width;
    final int blocks;
    final int heads;
    final int kvHeads;
    final int headDim;

    Builder(
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

    String key(String name) {
      return architecture.label + "." + name;
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

    ObjectNode config() throws IOException {
      config.put("model_type", architecture.family);
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
          .unread(architecture.label + ".")
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

    List<GgufWeight> weights() throws ModelFormatException {
      List<GgufWeight> weights = new ArrayList<>();
      Map<String, String> parts = architecture.block();
      for (GgufTensor tensor : header.tensors().values()) {
        if (tensor.name().equals(ROPE_FACTORS) && config.has("rope_scaling")) {
          continue;
        }
        String other = architecture.others().get(tensor.name());
        Matcher block = BLOCK.matcher(tensor.name());
        if (other != null) {
          weights.add(
              new GgufWeight(
                  other,
                  tensor,
                  tensor.name().equals("output.weight") || tensor.name().equals("output.bias")
                      ? GgufWeight.AFTER
                      : GgufWeight.BEFORE,
                  Rows.all(tensor),
                  architecture.change(other)));
        } else if (block.matches() && Integer.parseInt(block.group(1)) < blocks) {
          add(tensor, block, parts, weights);
        } else {
          throw unknown(tensor);
        }
      }
      weights.sort(
          Comparator.comparingInt((GgufWeight weight) -> -weight.dtype().bits())
              .thenComparing(weight -> weight.tensor().begin()));
      return weights;
    }

    private void add(
        GgufTensor tensor, Matcher block, Map<String, String> parts, List<GgufWeight> weights)
        throws ModelFormatException {
      String part = block.group(2);
      String kind = "." + block.group(3);
      int index = Integer.parseInt(block.group(1));
      String prefix = architecture.blockPrefix() + index + ".";
      if (architecture == PHI2 && part.equals("attn_qkv")) {
        // Older files have the three in one.
        long keys = (long) kvHeads * headDim;
        long queries = Rows.count(tensor) - 2 * keys;
        if (queries != (long) heads * headDim) {
          throw metadata.unusable(
              String.format(
                  Locale.ROOT,
                  "tensor %s has %d rows, but its heads imply %d",
                  Quoted.of(tensor.name()),
                  Rows.count(tensor),
                  (long) heads * headDim + 2 * keys));
        }
        requireWholeRows(tensor);
        weights.add(part(prefix + "self_attn.q_proj" + kind, tensor, index, 0, queries));
        weights.add(part(prefix + "self_attn.k_proj" + kind, tensor, index, queries, keys));
        weights.add(part(prefix + "self_attn.v_proj" + kind, tensor, index, queries + keys, keys));
        return;
      }
      if (!parts.containsKey(part)) {
        throw unknown(tensor);
      }
      String name = prefix + parts.get(part) + kind;
      long multiple = architecture.rowsMultiple(part, this);
      if (Rows.count(tensor) % multiple != 0) {
        throw metadata.unusable(
            String.format(
                Locale.ROOT,
                "tensor %s has %d rows, which is no multiple of %d",
                Quoted.of(tensor.name()),
                Rows.count(tensor),
                multiple));
      }
      Rows rows = architecture.rows(part, tensor, this);
      Change change = architecture.change(name);
      if (rows.group() != rows.count() || rows.interleaved()) {
        requireWholeRows(tensor);
      }
      if (change == Change.TRANSPOSED
          && (tensor.shape().length != 2 || tensor.elements() > Integer.MAX_VALUE / 4)) {
        throw metadata.unusable(
            String.format(
                Locale.ROOT,
                "tensor %s is no matrix of at most %d elements",
                Quoted.of(tensor.name()),
                Integer.MAX_VALUE / 4));
      }
      weights.add(new GgufWeight(name, tensor, index, rows, change));
    }

    private static GgufWeight part(
        String name, GgufTensor tensor, int block, long first, long count) {
      return new GgufWeight(name, tensor, block, Rows.part(first, count), Change.NONE);
    }

    private void requireWholeRows(GgufTensor tensor) throws ModelFormatException {
      if (tensor.shape().length == 1 && tensor.type().quantised()) {
        throw metadata.unusable(
            "tensor %s has one dimension and type %s; supported: F32, F16, BF16"
                .formatted(Quoted.of(tensor.name()), tensor.type()));
      }
    }

    private ModelFormatException unknown(GgufTensor tensor) {
      return metadata.unusable(
          String.format(
              Locale.ROOT,
              "tensor %s is not one that a %s of %d blocks has",
              Quoted.of(tensor.name()),
              architecture.label,
              blocks));
    }
  }
}
