package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.K;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.Q;
import static io.github.tommerspark.backbone.Slot.ROTARY_FREQUENCIES;
import static io.github.tommerspark.backbone.Slot.TOKEN_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.UP;
import static io.github.tommerspark.backbone.Slot.V;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.backbone.Forward.Residual;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;

/** Phi-1, Phi-1.5 and Phi-2: attention and MLP beside each other, behind one norm. */
final class PhiFamily implements Family {

  @Override
  public String modelType() {
    return "phi";
  }

  @Override
  public KeyUses keys() {
    return new KeyUses()
        .honoured("hidden_size", "intermediate_size", "num_attention_heads")
        .honoured("num_key_value_heads", "hidden_act", "layer_norm_eps")
        .honoured("partial_rotary_factor", "rope_theta", "rope_scaling", "rope_parameters")
        .honoured("head_dim", "original_max_position_embeddings")
        .limits("num_hidden_layers", "vocab_size", "max_position_embeddings")
        .notTrue("qk_layernorm");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = sizes.impliedHeadDim(config);
    Heads heads = sizes.groupedHeads(config, headDim);
    Rope rope = Rope.of(config);
    double share = rope.partial(0.5, "partial_rotary_factor");
    float[] frequencies =
        rope.frequencies(
            rope.dimensions(headDim, "partial_rotary_factor", share),
            rope.theta(10_000, "rope_theta"));
    Forward forward =
        Forward.prenorm(
                Norm.layer(config.positive("layer_norm_eps", 1e-5)),
                Attention.causal(heads, Projection.SEPARATE, sizes.layers()),
                Forward.Mlp.PLAIN,
                Activation.read(config, "hidden_act", "gelu_new"))
            .with(Residual.PARALLEL);
    int width = sizes.width();
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.trained(config.size("max_position_embeddings", 2048)),
        forward,
        List.of("model.", ""),
        new Weights("")
            .embedding(TOKEN_EMBEDDING, "embed_tokens", sizes.vocabulary(), width)
            .table(ROTARY_FREQUENCIES, frequencies),
        i ->
            new Weights(String.format(Locale.ROOT, "layers.%d.", i))
                .layerNorm(ATTENTION_NORM, "input_layernorm", width)
                .biased(Q, "self_attn.q_proj", width, width)
                .biased(K, "self_attn.k_proj", heads.keyWidth(), width)
                .biased(V, "self_attn.v_proj", heads.keyWidth(), width)
                .biased(OUT, "self_attn.dense", width, width)
                .layerNorm(MLP_NORM, "input_layernorm", width)
                .biased(UP, "mlp.fc1", sizes.inner(), width)
                .biased(DOWN, "mlp.fc2", width, sizes.inner()));
  }
}
