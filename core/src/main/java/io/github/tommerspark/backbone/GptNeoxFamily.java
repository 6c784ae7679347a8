package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.Q;
import static io.github.tommerspark.backbone.Slot.ROTARY_FREQUENCIES;
import static io.github.tommerspark.backbone.Slot.TOKEN_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.UP;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.backbone.Forward.Residual;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;

/** GPT-NeoX and Pythia: rotary positions for a share of each head, attention beside the MLP. */
final class GptNeoxFamily implements Family {

  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public KeyUses keys() {
    return new KeyUses()
        .honoured("hidden_size", "intermediate_size", "num_attention_heads", "hidden_act")
        .honoured("layer_norm_eps", "use_parallel_residual", "rotary_pct")
        .honoured("rotary_emb_base", "rope_theta", "partial_rotary_factor")
        .honoured("rope_scaling", "rope_parameters", "attention_bias", "head_dim")
        .honoured("original_max_position_embeddings")
        .limits("num_hidden_layers", "vocab_size", "max_position_embeddings");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    Rope rope = Rope.of(config);
    double share = rope.partial(0.25, "rotary_pct", "partial_rotary_factor");
    float[] frequencies =
        rope.frequencies(
            rope.dimensions(headDim, "rotary_pct", share),
            rope.theta(10_000, "rotary_emb_base", "rope_theta"));
    Forward forward =
        Forward.prenorm(
                Norm.layer(config.positive("layer_norm_eps", 1e-5)),
                Attention.causal(sizes.equalHeads(headDim), Projection.PER_HEAD, sizes.layers()),
                Forward.Mlp.PLAIN,
                Activation.read(config, "hidden_act", "gelu"))
            .with(
                config.flag("use_parallel_residual", true)
                    ? Residual.PARALLEL
                    : Residual.SEQUENTIAL);
    int width = sizes.width();
    boolean biased = config.flag("attention_bias", true);
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.trained(config.size("max_position_embeddings", 2048)),
        forward,
        List.of("gpt_neox.", ""),
        new Weights("")
            .embedding(TOKEN_EMBEDDING, "embed_in", sizes.vocabulary(), width)
            .table(ROTARY_FREQUENCIES, frequencies),
        i ->
            new Weights(String.format(Locale.ROOT, "layers.%d.", i))
                .layerNorm(ATTENTION_NORM, "input_layernorm", width)
                .biased(biased, Q, "attention.query_key_value", 3L * width, width)
                .biased(biased, OUT, "attention.dense", width, width)
                .layerNorm(MLP_NORM, "post_attention_layernorm", width)
                .biased(UP, "mlp.dense_h_to_4h", sizes.inner(), width)
                .biased(DOWN, "mlp.dense_4h_to_h", width, sizes.inner()));
  }
}
