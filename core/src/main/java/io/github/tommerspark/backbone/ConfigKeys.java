package io.github.tommerspark.backbone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import io.github.tommerspark.backbone.KeyUses.Fixed;
import io.github.tommerspark.backbone.KeyUses.Honoured;
import io.github.tommerspark.backbone.KeyUses.Neutral;
import io.github.tommerspark.backbone.KeyUses.Use;
import io.github.tommerspark.checkpoint.ModelFormatException;
import io.github.tommerspark.source.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The meaning of each key of config.json: which keys change the hidden states. A key is honoured,
 * or accepted with certain values only and refused by name and value otherwise, or cannot change
 * the hidden states at inference. Here are the keys that mean the same in all families; the others
 * are at each {@link Family}. A key that is in neither is reported to the user as a warning.
 */
final class ConfigKeys {

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

  private ConfigKeys() {}

  /** The uses of all keys that are known in a family. */
  static Map<String, Use> of(Family family) {
    Map<String, Use> uses = new TreeMap<>();
    NEUTRAL_EVERYWHERE.forEach(key -> uses.put(key, new Neutral()));
    uses.putAll(FIXED_EVERYWHERE);
    uses.put("model_type", new Honoured());
    uses.putAll(family.keys().byKey());
    return uses;
  }

  /**
   * Refuses keys whose value would change the forward in a way that is not computed.
   *
   * @return one warning per key that the table does not know
   * @throws ModelFormatException naming key and value of the first that is refused
   */
  static List<String> check(BackboneConfig config) throws ModelFormatException {
    Family family = Families.of(config);
    Map<String, Use> uses = of(family);
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : config.json().properties()) {
      String key = entry.getKey();
      Use use = uses.get(key);
      if (use instanceof Fixed fixed && !fixed.accepts(entry.getValue())) {
        throw config.unsupported(key, entry.getValue(), fixed.accepted().toArray());
      }
      if (use == null && !entry.getValue().isNull()) {
        unknown.add(Quoted.of(key));
      }
    }
    return unknown.isEmpty()
        ? List.of()
        : List.of(
            "config.json of this %s has keys that are not known to matter and are ignored: %s"
                .formatted(family.modelType(), String.join(", ", unknown)));
  }
}
