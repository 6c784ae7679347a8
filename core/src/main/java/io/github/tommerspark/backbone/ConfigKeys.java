package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What each key of config.json means for each family: the one table that says which keys change the
 * hidden states. A key is honoured, or accepted with certain values only and refused by name and
 * value otherwise, or cannot change the hidden states at inference. A key that is not in the table
 * is reported to the user as a warning.
 */
final class ConfigKeys {

  /** What a key does. */
  sealed interface Use permits Honoured, Limit, Fixed, Neutral {}

  /** Changes the forward and is read. */
  record Honoured() implements Use {}

  /** Bounds what may be asked for (layers, positions, token ids), without changing an answer. */
  record Limit() implements Use {}

  /** Would change the forward; only these values, which do not, are accepted. */
  record Fixed(List<JsonNode> accepted) implements Use {}

  /** Cannot change the hidden states at inference. */
  record Neutral() implements Use {}

  private static final Use HONOURED = new Honoured();
  private static final Use LIMIT = new Limit();
  private static final Use NEUTRAL = new Neutral();
  private static final Use NOT_TRUE = new Fixed(List.of(NullNode.instance, BooleanNode.FALSE));
  private static final Use ABSENT = new Fixed(List.of(NullNode.instance));

  /** Training, generation, bookkeeping: the same for all families. */
  private static final Set<String> NEUTRAL_EVERYWHERE =
      Set.of(
          "_name_or_path",
          "_attn_implementation",
          "_attn_implementation_autoset",
          "architectures",
          "attention_dropout",
          "attention_probs_dropout_prob",
          "attn_implementation",
          "attn_pdrop",
          "auto_map",
          "bos_token_id",
          "cache_implementation",
          "chunk_size_feed_forward",
          "classifier_activation",
          "classifier_bias",
          "classifier_dropout",
          "classifier_pooling",
          "cls_token_id",
          "compile",
          "decoder_bias",
          "deterministic_flash_attn",
          "dtype",
          "embd_pdrop",
          "embedding_dropout",
          "eos_token_id",
          "final_logit_softcapping",
          "finetuning_task",
          "gradient_checkpointing",
          "hidden_dropout",
          "hidden_dropout_prob",
          "id2label",
          "initializer_cutoff_factor",
          "initializer_range",
          "label2id",
          "mlp_dropout",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "pretraining_tp",
          "problem_type",
          "reference_compile",
          "reorder_and_upcast_attn",
          "repad_logits_with_grad",
          "resid_pdrop",
          "return_dict",
          "sep_token_id",
          "sparse_pred_ignore_index",
          "sparse_prediction",
          "summary_activation",
          "summary_first_dropout",
          "summary_proj_to_labels",
          "summary_type",
          "summary_use_proj",
          "task_specific_params",
          "tie_word_embeddings",
          "torch_dtype",
          "transformers_version",
          "unsloth_version",
          "use_cache");

  private static final Map<String, Map<String, Use>> TABLE = new LinkedHashMap<>();

  static {
    family("llama")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "attention_bias", "mlp_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(ABSENT, "layer_types", "sliding_window", "partial_rotary_factor");
    family("mistral")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "attention_bias", "mlp_bias")
        .with(ABSENT, "layer_types", "partial_rotary_factor");
    family("qwen2")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "use_sliding_window", "max_window_layers", "layer_types")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NEUTRAL, "use_mrope")
        .with(ABSENT, "partial_rotary_factor");
    family("qwen3")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "use_sliding_window", "max_window_layers", "layer_types")
        .with(HONOURED, "attention_bias")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(ABSENT, "partial_rotary_factor");
    family("phi3")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "partial_rotary_factor")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        // Read by rope types that are refused.
        .with(NEUTRAL, "original_max_position_embeddings")
        .with(NOT_TRUE, "attention_bias", "mlp_bias")
        .with(ABSENT, "layer_types");
    family("gemma")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "hidden_activation")
        .with(HONOURED, "rms_norm_eps", "attention_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "use_bidirectional_attention")
        .with(ABSENT, "layer_types", "sliding_window", "partial_rotary_factor");
    family("gemma2")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "hidden_activation")
        .with(HONOURED, "rms_norm_eps", "attention_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters", "attn_logit_softcapping", "query_pre_attn_scalar")
        .with(HONOURED, "sliding_window", "layer_types")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "use_bidirectional_attention")
        .with(ABSENT, "partial_rotary_factor");
    family("gpt_neox")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads", "hidden_act")
        .with(HONOURED, "layer_norm_eps", "use_parallel_residual", "rotary_pct")
        .with(HONOURED, "rotary_emb_base", "rope_theta", "partial_rotary_factor")
        .with(HONOURED, "rope_scaling", "rope_parameters", "attention_bias")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "is_decoder");
    family("gpt2")
        .with(HONOURED, "n_embd", "n_inner", "n_head", "activation_function")
        .with(HONOURED, "layer_norm_epsilon", "scale_attn_weights")
        .with(LIMIT, "n_layer", "n_positions", "vocab_size")
        // The old name of n_positions; no longer read by anyone.
        .with(NEUTRAL, "n_ctx")
        .with(NOT_TRUE, "add_cross_attention", "scale_attn_by_inverse_layer_idx", "is_decoder");
    family("phi")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "hidden_act", "layer_norm_eps")
        .with(HONOURED, "partial_rotary_factor", "rope_theta", "rope_scaling", "rope_parameters")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "qk_layernorm")
        .with(ABSENT, "head_dim");
    family("modernbert")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "hidden_activation", "norm_eps", "norm_bias", "attention_bias")
        .with(HONOURED, "mlp_bias", "global_rope_theta", "local_rope_theta", "local_attention")
        .with(HONOURED, "global_attn_every_n_layers", "rope_parameters", "layer_types")
        .with(HONOURED, "rope_scaling")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        // norm_eps is the one that is read; positions are always rotary.
        .with(NEUTRAL, "layer_norm_eps", "position_embedding_type")
        .with(ABSENT, "head_dim");
    for (String bert : List.of("bert", "roberta")) {
      family(bert)
          .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
          .with(HONOURED, "hidden_act", "layer_norm_eps")
          .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
          // Every token is of type 0.
          .with(LIMIT, "type_vocab_size")
          .with(
              new Fixed(List.of(NullNode.instance, TextNode.valueOf("absolute"))),
              "position_embedding_type")
          .with(NOT_TRUE, "is_decoder", "add_cross_attention");
    }
    // Positions are counted from the padding id.
    TABLE.get("roberta").put("pad_token_id", HONOURED);
  }

  private ConfigKeys() {}

  /** The values of model_type that can be used, sorted. */
  static List<String> families() {
    return TABLE.keySet().stream().sorted().toList();
  }

  /** The table's row for a family, without the keys that are neutral everywhere. */
  static Map<String, Use> of(String family) {
    return Map.copyOf(TABLE.get(family));
  }

  /**
   * Refuses keys whose value would change the forward in a way that is not computed.
   *
   * @return one warning per key that the table does not know
   * @throws ModelFormatException naming key and value of the first that is refused
   */
  static List<String> check(BackboneConfig config) throws ModelFormatException {
    String family = config.modelType();
    Map<String, Use> row = TABLE.get(family);
    if (row == null) {
      throw config.unsupported("model_type", family, families().toArray());
    }
    if (config.has("quantization_config")) {
      throw config.unsupported(
          "quantization_config",
          config.json().get("quantization_config"),
          "weights in F32, F16 or BF16");
    }
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : config.json().properties()) {
      String key = entry.getKey();
      Use use = row.get(key);
      if (use instanceof Fixed fixed && !fixed.accepted().contains(entry.getValue())) {
        throw config.unsupported(key, entry.getValue(), fixed.accepted().toArray());
      }
      if (use == null
          && !NEUTRAL_EVERYWHERE.contains(key)
          && !key.equals("model_type")
          && !key.equals("quantization_config")
          && !entry.getValue().isNull()) {
        unknown.add(key);
      }
    }
    return unknown.isEmpty()
        ? List.of()
        : List.of(
            "config.json of this %s has keys that are not known to matter and are ignored: %s"
                .formatted(family, String.join(", ", unknown)));
  }

  private static Row family(String name) {
    Map<String, Use> uses = new LinkedHashMap<>();
    TABLE.put(name, uses);
    return new Row(uses);
  }

  private record Row(Map<String, Use> uses) {
    Row with(Use use, String... keys) {
      Arrays.stream(keys).forEach(key -> uses.put(key, use));
      return this;
    }
  }
}
