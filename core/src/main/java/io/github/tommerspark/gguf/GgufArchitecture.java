package io.github.tommerspark.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.gguf.GgufWeight.Change;
import io.github.tommerspark.gguf.GgufWeight.Rows;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * An architecture as llama.cpp names it: how its metadata become a config.json, and its tensors
 * those of a Hugging Face snapshot.
 */
enum GgufArchitecture {
  /** Llama, Mistral, SmolLM 1 and 2 and other models of that shape. */
  LLAMA("llama", "llama") {
    @Override
    void configure(GgufConfig to) throws IOException {
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
    Rows rows(String part, GgufTensor tensor, GgufConfig to) {
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
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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
    Rows rows(String part, GgufTensor tensor, GgufConfig to) {
      return part.equals("attn_qkv")
          ? Rows.perHead(Rows.count(tensor), to.heads)
          : Rows.all(tensor);
    }

    @Override
    long rowsMultiple(String part, GgufConfig to) {
      return part.equals("attn_qkv") ? 3L * to.heads : 1;
    }
  },
  PHI2("phi2", "phi") {
    @Override
    void configure(GgufConfig to) throws IOException {
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
    void configure(GgufConfig to) throws IOException {
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

  private final String label;
  private final String family;

  GgufArchitecture(String label, String family) {
    this.label = label;
    this.family = family;
  }

  /** The name that files have, and the first part of their keys. */
  String label() {
    return label;
  }

  /** The value of config.json's {@code model_type}. */
  String family() {
    return family;
  }

  /** Writes what config.json has beside the sizes. */
  abstract void configure(GgufConfig to) throws IOException;

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
  Rows rows(String part, GgufTensor tensor, GgufConfig to) {
    return Rows.all(tensor);
  }

  /** Number of which the rows of a block's tensor are a multiple. */
  long rowsMultiple(String part, GgufConfig to) {
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
  static Snapshot snapshot(String file, GgufHeader header, GgufConfig.Factors factors)
      throws IOException {
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
    GgufConfig config = new GgufConfig(architecture, metadata, header, factors);
    ObjectNode json = config.config();
    return new Snapshot(json, new GgufNames(architecture, config).weights(), config.blocks);
  }
}
