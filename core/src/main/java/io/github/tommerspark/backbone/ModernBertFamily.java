package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.EMBEDDING_NORM;
import static io.github.tommerspark.backbone.Slot.GATE;
import static io.github.tommerspark.backbone.Slot.LOCAL_ROTARY_FREQUENCIES;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.Q;
import static io.github.tommerspark.backbone.Slot.ROTARY_FREQUENCIES;
import static io.github.tommerspark.backbone.Slot.TOKEN_EMBEDDING;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/** ModernBERT: norms before attention and MLP, rotary positions, and windows in most layers. */
final class ModernBertFamily implements Family {

  @Override
  public String modelType() {
    return "modernbert";
  }

  @Override
  public KeyUses keys() {
    return new KeyUses()
        .honoured("hidden_size", "intermediate_size", "num_attention_heads")
        .honoured("hidden_activation", "norm_eps", "norm_bias", "attention_bias")
        .honoured("mlp_bias", "global_rope_theta", "local_rope_theta", "local_attention")
        .honoured("global_attn_every_n_layers", "rope_parameters", "layer_types")
        .honoured("rope_scaling", "head_dim")
        .limits("num_hidden_layers", "vocab_size", "max_position_embeddings")
        // norm_eps is the one that is read; positions are always rotary.
        .neutral("layer_norm_eps", "position_embedding_type")
        .whole("partial_rotary_factor")
        // Another name of half of local_attention.
        .absent("sliding_window");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    Rope rope = Rope.of(config, "full_attention").whole();
    int rotary = rope.dimensions(headDim, "partial_rotary_factor", 1);
    double theta = rope.theta(160_000, "global_rope_theta");
    float[] global = rope.frequencies(rotary, theta);
    Rope localRope = Rope.of(config, "sliding_attention").whole();
    boolean sameTheta = config.json().has("local_rope_theta") && !config.has("local_rope_theta");
    float[] local =
        localRope.frequencies(
            rotary, sameTheta ? theta : localRope.theta(10_000, "local_rope_theta"));

    Forward forward =
        Forward.prenorm(
            Norm.layer(config.positive("norm_eps", 1e-5)),
            Attention.bidirectional(sizes.equalHeads(headDim), Projection.FUSED, sizes.layers())
                .withWindows(windows(config, sizes.layers())),
            Forward.Mlp.FUSED,
            Activation.read(config, "hidden_activation", "gelu"));
    boolean shifts = config.flag("norm_bias", false);
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.trained(config.size("max_position_embeddings", 8192)),
        forward,
        List.of("model.", ""),
        new Weights("embeddings.")
            .embedding(TOKEN_EMBEDDING, "tok_embeddings", sizes.vocabulary(), sizes.width())
            .layerNorm(shifts, EMBEDDING_NORM, "norm", sizes.width())
            .table(ROTARY_FREQUENCIES, global)
            .table(LOCAL_ROTARY_FREQUENCIES, local),
        blocks(config, sizes, shifts));
  }

  private static IntFunction<Weights> blocks(BackboneConfig config, Sizes sizes, boolean shifts)
      throws ModelFormatException {
    int width = sizes.width();
    boolean attentionBias = config.flag("attention_bias", false);
    boolean mlpBias = config.flag("mlp_bias", false);
    return i -> {
      Weights block =
          new Weights(String.format(Locale.ROOT, "layers.%d.", i))
              .biased(attentionBias, Q, "attn.Wqkv", 3L * width, width)
              .biased(attentionBias, OUT, "attn.Wo", width, width)
              .layerNorm(shifts, MLP_NORM, "mlp_norm", width)
              .biased(mlpBias, GATE, "mlp.Wi", 2L * sizes.inner(), width)
              .biased(mlpBias, DOWN, "mlp.Wo", width, sizes.inner());
      // The embeddings are normed already.
      return i == 0 ? block : block.layerNorm(shifts, ATTENTION_NORM, "attn_norm", width);
    };
  }

  private static List<Integer> windows(BackboneConfig config, int layers)
      throws ModelFormatException {
    int reach = config.size("local_attention", 128) / 2;
    if (reach < 1) {
      throw config.unsupported("local_attention", 1, "2 and more");
    }
    int every = config.size("global_attn_every_n_layers", 3);
    return Windows.of(config, layers, reach, layer -> layer % every != 0);
  }
}
