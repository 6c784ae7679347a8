package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
  record Fixed(List<JsonNode> accepted) implements Use {
    boolean accepts(JsonNode value) {
      return accepted.stream().anyMatch(one -> same(one, value));
    }

    /** Numbers are the same whether they are written 1 or 1.0. */
    private static boolean same(JsonNode one, JsonNode other) {
      return one.isNumber() && other.isNumber()
          ? one.doubleValue() == other.doubleValue()
          : one.equals(other);
    }
  }

  /** Cannot change the hidden states at inference. */
  record Neutral() implements Use {}

  private static final Use HONOURED = new Honoured();
  private static final Use LIMIT = new Limit();
  private static final Use NEUTRAL = new Neutral();
  private static final Use NOT_TRUE = new Fixed(List.of(NullNode.instance, BooleanNode.FALSE));
  private static final Use ABSENT = new Fixed(List.of(NullNode.instance));
  private static final Use NOT_PARTIAL = new Fixed(List.of(NullNode.instance, IntNode.valueOf(1)));

  /** Refused in every family unless they say nothing. */
  private static final Map<String, Fixed> FIXED_EVERYWHERE =
      Map.of(
          "quantization_config", new Fixed(List.of(NullNode.instance)),
          "per_layer_config", new Fixed(List.of(NullNode.instance)),
          "pruned_heads",
              new Fixed(List.of(NullNode.instance, JsonNodeFactory.instance.objectNode())));

  /** Training, generation, bookkeeping: the same for all families. */
  private static final Set<String> NEUTRAL_EVERYWHERE =
      Set.of(
          "_attn_implementation",
          "_attn_implementation_autoset",
          "_commit_hash",
          "_name_or_path",
          "_num_labels",
          "architectures",
          "attention_dropout",
          "attention_probs_dropout_prob",
          "attn_implementation",
          "attn_pdrop",
          "auto_map",
          "bad_words_ids",
          "begin_suppress_tokens",
          "bos_token_id",
          "cache_implementation",
          "chunk_size_feed_forward",
          "classifier_activation",
          "classifier_bias",
          "classifier_dropout",
          "classifier_pooling",
          "cls_token_id",
          "compile",
          "cross_attention_hidden_size",
          "decoder_bias",
          "decoder_start_token_id",
          "deterministic_flash_attn",
          "diversity_penalty",
          "do_sample",
          "dtype",
          "early_stopping",
          "embd_pdrop",
          "embedding_dropout",
          "encoder_no_repeat_ngram_size",
          "eos_token_id",
          "eos_token_ids",
          "exponential_decay_length_penalty",
          "final_logit_softcapping",
          "finetuning_task",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "gradient_checkpointing",
          "hidden_dropout",
          "hidden_dropout_prob",
          "id2label",
          "initializer_cutoff_factor",
          "initializer_range",
          "is_decoder",
          "is_encoder_decoder",
          "label2id",
          "length_penalty",
          "max_length",
          "max_new_tokens",
          "min_length",
          "mlp_dropout",
          "no_repeat_ngram_size",
          "num_beam_groups",
          "num_beams",
          "num_labels",
          "num_return_sequences",
          "output_attentions",
          "output_hidden_states",
          "output_past",
          "output_scores",
          "pad_token_id",
          "prefix",
          "pretraining_tp",
          "problem_type",
          "reference_compile",
          "remove_invalid_values",
          "reorder_and_upcast_attn",
          "repad_logits_with_grad",
          "repetition_penalty",
          "resid_pdrop",
          "return_dict",
          "return_dict_in_generate",
          "sep_token_id",
          "sparse_pred_ignore_index",
          "sparse_prediction",
          "summary_activation",
          "summary_first_dropout",
          "summary_last_dropout",
          "summary_proj_to_labels",
          "summary_type",
          "summary_use_proj",
          "suppress_tokens",
          "task_specific_params",
          "temperature",
          "tf_legacy_loss",
          "tie_encoder_decoder",
          "tie_word_embeddings",
          "tokenizer_class",
          "top_k",
          "top_p",
          "torch_dtype",
          "torchscript",
          "transformers_version",
          "typical_p",
          "unsloth_fixed",
          "unsloth_version",
          "use_bfloat16",
          "use_cache");

  private static final Map<String, Map<String, Use>> TABLE = new LinkedHashMap<>();

  static {
    family("llama")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "attention_bias", "mlp_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters", "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_PARTIAL, "partial_rotary_factor")
        .with(ABSENT, "layer_types", "sliding_window");
    family("mistral")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "attention_bias", "mlp_bias")
        .with(NOT_PARTIAL, "partial_rotary_factor")
        .with(ABSENT, "layer_types");
    family("qwen2")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "use_sliding_window", "max_window_layers", "layer_types")
        .with(HONOURED, "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        // Queries, keys and values always have a bias, the output never.
        .with(NEUTRAL, "attention_bias", "use_mrope")
        .with(NOT_PARTIAL, "partial_rotary_factor");
    family("qwen3")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "use_sliding_window", "max_window_layers", "layer_types")
        .with(HONOURED, "attention_bias", "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_PARTIAL, "partial_rotary_factor");
    family("phi3")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .with(HONOURED, "rope_theta", "rope_scaling", "rope_parameters", "sliding_window")
        .with(HONOURED, "partial_rotary_factor")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        // Read by longrope only, which is refused.
        .with(NEUTRAL, "original_max_position_embeddings")
        .with(NOT_TRUE, "attention_bias", "mlp_bias")
        .with(ABSENT, "layer_types");
    family("gemma")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "hidden_activation")
        .with(HONOURED, "rms_norm_eps", "attention_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters", "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "use_bidirectional_attention")
        .with(NOT_PARTIAL, "partial_rotary_factor")
        .with(ABSENT, "layer_types", "sliding_window");
    family("gemma2")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "head_dim", "hidden_act", "hidden_activation")
        .with(HONOURED, "rms_norm_eps", "attention_bias", "rope_theta", "rope_scaling")
        .with(HONOURED, "rope_parameters", "attn_logit_softcapping", "query_pre_attn_scalar")
        .with(HONOURED, "sliding_window", "layer_types", "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "use_bidirectional_attention")
        .with(NOT_PARTIAL, "partial_rotary_factor");
    family("gpt_neox")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads", "hidden_act")
        .with(HONOURED, "layer_norm_eps", "use_parallel_residual", "rotary_pct")
        .with(HONOURED, "rotary_emb_base", "rope_theta", "partial_rotary_factor")
        .with(HONOURED, "rope_scaling", "rope_parameters", "attention_bias", "head_dim")
        .with(HONOURED, "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings");
    family("gpt2")
        .with(HONOURED, "n_embd", "n_inner", "n_head", "activation_function")
        .with(HONOURED, "layer_norm_epsilon", "scale_attn_weights")
        // Other names of n_embd, n_layer, n_head and n_positions.
        .with(HONOURED, "hidden_size", "num_hidden_layers", "num_attention_heads")
        .with(HONOURED, "max_position_embeddings")
        .with(LIMIT, "n_layer", "n_positions", "vocab_size")
        // The old name of n_positions; no longer read by anyone.
        .with(NEUTRAL, "n_ctx")
        .with(NOT_TRUE, "add_cross_attention", "scale_attn_by_inverse_layer_idx");
    family("phi")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "num_key_value_heads", "hidden_act", "layer_norm_eps")
        .with(HONOURED, "partial_rotary_factor", "rope_theta", "rope_scaling", "rope_parameters")
        .with(HONOURED, "head_dim", "original_max_position_embeddings")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        .with(NOT_TRUE, "qk_layernorm");
    family("modernbert")
        .with(HONOURED, "hidden_size", "intermediate_size", "num_attention_heads")
        .with(HONOURED, "hidden_activation", "norm_eps", "norm_bias", "attention_bias")
        .with(HONOURED, "mlp_bias", "global_rope_theta", "local_rope_theta", "local_attention")
        .with(HONOURED, "global_attn_every_n_layers", "rope_parameters", "layer_types")
        .with(HONOURED, "rope_scaling", "head_dim")
        .with(LIMIT, "num_hidden_layers", "vocab_size", "max_position_embeddings")
        // norm_eps is the one that is read; positions are always rotary.
        .with(NEUTRAL, "layer_norm_eps", "position_embedding_type")
        .with(NOT_PARTIAL, "partial_rotary_factor")
        // Another name of half of local_attention.
        .with(ABSENT, "sliding_window");
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
          .with(NOT_TRUE, "is_decoder", "add_cross_attention")
          // The pooler of some checkpoints, which comes after all blocks.
          .with(NEUTRAL, "directionality", "pooler_fc_size", "pooler_num_attention_heads")
          .with(NEUTRAL, "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type");
    }
    // Positions are counted from the padding id.
    TABLE.get("roberta").put("pad_token_id", HONOURED);
  }

  private ConfigKeys() {}

  /** The values of model_type that can be used, sorted. */
  static List<String> families() {
    return TABLE.keySet().stream().sorted().toList();
  }

  /** The table's row for a family. */
  static Map<String, Use> of(String family) {
    Map<String, Use> row = new TreeMap<>();
    NEUTRAL_EVERYWHERE.forEach(key -> row.put(key, NEUTRAL));
    row.putAll(FIXED_EVERYWHERE);
    row.putAll(TABLE.get(family));
    return row;
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
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : config.json().properties()) {
      String key = entry.getKey();
      Use use = row.getOrDefault(key, FIXED_EVERYWHERE.get(key));
      if (use instanceof Fixed fixed && !fixed.accepts(entry.getValue())) {
        throw config.unsupported(key, entry.getValue(), fixed.accepted().toArray());
      }
      if (use == null && !NEUTRAL_EVERYWHERE.contains(key) && !entry.getValue().isNull()) {
        unknown.add(Quoted.of(key));
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
    return new Row(uses).with(HONOURED, "model_type");
  }

  private record Row(Map<String, Use> uses) {
    Row with(Use use, String... keys) {
      Arrays.stream(keys).forEach(key -> uses.put(key, use));
      return this;
    }
  }
}
