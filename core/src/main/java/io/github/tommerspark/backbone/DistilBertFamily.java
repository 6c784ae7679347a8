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
import static io.github.tommerspark.backbone.Slot.UP;
import static io.github.tommerspark.backbone.Slot.V;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;

/** DistilBERT: BERT without types of tokens, under other names. */
final class DistilBertFamily implements Family {
  /** Not in the config. */
  private static final double NORM_EPS = 1e-12;

  @Override
  public String modelType() {
    return "distilbert";
  }

  @Override
  public KeyUses keys() {
    return new KeyUses()
        .honoured("dim", "hidden_dim", "n_heads", "activation")
        // Other names of dim, n_layers and n_heads.
        .honoured("hidden_size", "num_hidden_layers", "num_attention_heads")
        .limits("n_layers", "vocab_size", "max_position_embeddings")
        // Positions are in the checkpoint, however they were made.
        .neutral("sinusoidal_pos_embds")
        .neutral("dropout", "qa_dropout", "seq_classif_dropout", "tie_weights_");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    int width = config.size("dim");
    int inner = config.size("hidden_dim");
    int layers = config.layers("n_layers");
    int vocabulary = config.size("vocab_size");
    Sizes sizes = new Sizes(width, inner, layers, vocabulary, config.size("n_heads"));
    int headDim = sizes.evenHeadDim(config, "dim", "n_heads");
    config.requireSame("hidden_size", width);
    config.requireSame("num_hidden_layers", layers);
    config.requireSame("num_attention_heads", sizes.heads());
    int positions = config.size("max_position_embeddings", 512);
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.learned(positions),
        Forward.postnorm(
            Norm.layer(NORM_EPS),
            Attention.bidirectional(sizes.equalHeads(headDim), Projection.SEPARATE, layers),
            Activation.read(config, "activation", "gelu")),
        List.of("distilbert.", ""),
        new Weights("embeddings.")
            .embedding(TOKEN_EMBEDDING, "word_embeddings", vocabulary, width)
            .embedding(POSITION_EMBEDDING, "position_embeddings", positions, width)
            .layerNorm(EMBEDDING_NORM, "LayerNorm", width),
        i ->
            new Weights(String.format(Locale.ROOT, "transformer.layer.%d.", i))
                .biased(Q, "attention.q_lin", width, width)
                .biased(K, "attention.k_lin", width, width)
                .biased(V, "attention.v_lin", width, width)
                .biased(OUT, "attention.out_lin", width, width)
                .layerNorm(POST_ATTENTION_NORM, "sa_layer_norm", width)
                .biased(UP, "ffn.lin1", inner, width)
                .biased(DOWN, "ffn.lin2", width, inner)
                .layerNorm(POST_MLP_NORM, "output_layer_norm", width));
  }
}
