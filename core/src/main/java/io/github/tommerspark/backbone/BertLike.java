package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.EMBEDDING_NORM;
import static io.github.tommerspark.backbone.Slot.K;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.POSITION_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.POST_ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.POST_MLP_NORM;
import static io.github.tommerspark.backbone.Slot.Q;
import static io.github.tommerspark.backbone.Slot.TOKEN_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.TYPE_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.UP;
import static io.github.tommerspark.backbone.Slot.V;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.Locale;

/** Keys, names and computation that BERT and its relatives share. */
final class BertLike {

  private BertLike() {}

  /** Keys that they have in common. */
  static KeyUses keys() {
    return new KeyUses()
        .honoured("hidden_size", "intermediate_size", "num_attention_heads")
        .honoured("hidden_act", "layer_norm_eps")
        .limits("num_hidden_layers", "vocab_size", "max_position_embeddings")
        // Every token is of type 0.
        .limits("type_vocab_size")
        .only("absolute", "position_embedding_type")
        .notTrue("is_decoder", "add_cross_attention")
        // The pooler of some checkpoints, which comes after all blocks.
        .neutral("directionality", "pooler_fc_size", "pooler_num_attention_heads")
        .neutral("pooler_num_fc_layers", "pooler_size_per_head", "pooler_type");
  }

  static Forward forward(BackboneConfig config, Sizes sizes) throws ModelFormatException {
    Heads heads = sizes.equalHeads(sizes.evenHeadDim(config));
    return Forward.postnorm(
        Norm.layer(config.positive("layer_norm_eps", 1e-12)),
        Attention.bidirectional(heads, Projection.SEPARATE, sizes.layers()),
        Activation.read(config, "hidden_act", "gelu"));
  }

  /**
   * Embeddings of tokens, positions and types, and their norm.
   *
   * @param rows of the table of positions
   * @param width of the embeddings
   */
  static Weights embeddings(BackboneConfig config, Sizes sizes, int rows, int width)
      throws ModelFormatException {
    return new Weights("")
        .embedding(TOKEN_EMBEDDING, "embeddings.word_embeddings", sizes.vocabulary(), width)
        .embedding(POSITION_EMBEDDING, "embeddings.position_embeddings", rows, width)
        .embedding(
            TYPE_EMBEDDING,
            "embeddings.token_type_embeddings",
            config.size("type_vocab_size", 2),
            width)
        .layerNorm(EMBEDDING_NORM, "embeddings.LayerNorm", width);
  }

  static Weights block(Sizes sizes, int layer) {
    int width = sizes.width();
    return new Weights(String.format(Locale.ROOT, "encoder.layer.%d.", layer))
        .biased(Q, "attention.self.query", width, width)
        .biased(K, "attention.self.key", width, width)
        .biased(V, "attention.self.value", width, width)
        .biased(OUT, "attention.output.dense", width, width)
        .layerNorm(POST_ATTENTION_NORM, "attention.output.LayerNorm", width)
        .biased(UP, "intermediate.dense", sizes.inner(), width)
        .biased(DOWN, "output.dense", width, sizes.inner())
        .layerNorm(POST_MLP_NORM, "output.LayerNorm", width);
  }
}
