package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.GATE;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.Q;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.checkpoint.ModelFormatException;

/** Phi-3 and Phi-4: Llama with fused products, a share of each head that turns, and windows. */
final class Phi3Family implements Family {

  @Override
  public String modelType() {
    return "phi3";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("sliding_window", "partial_rotary_factor")
        // Read by longrope only, which is refused.
        .neutral("original_max_position_embeddings")
        .notTrue("attention_bias", "mlp_bias")
        .absent("layer_types");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    LlamaLike llama = new LlamaLike(config, sizes, sizes.headDim(config));
    Heads heads = llama.heads();
    Rope rope = Rope.of(config).unscaled();
    float[] frequencies = llama.frequencies(rope, rope.partial(1, "partial_rotary_factor"));
    int window = Windows.sliding(config, 0);
    Attention attention =
        Attention.causal(heads, Projection.FUSED, sizes.layers())
            .withWindows(Windows.of(config, sizes.layers(), window, layer -> true));
    Forward forward =
        Forward.prenorm(
            Norm.rms(config.positive("rms_norm_eps", 1e-5)),
            attention,
            Forward.Mlp.FUSED,
            Activation.read(config, "hidden_act", "silu"));
    int width = sizes.width();
    return llama.spec(
        frequencies,
        forward,
        4096,
        i ->
            LlamaLike.named(i)
                .norm(ATTENTION_NORM, "input_layernorm", width)
                .linear(Q, "self_attn.qkv_proj", heads.queryWidth() + 2 * heads.keyWidth(), width)
                .linear(OUT, "self_attn.o_proj", width, heads.queryWidth())
                .norm(MLP_NORM, "post_attention_layernorm", width)
                .linear(GATE, "mlp.gate_up_proj", 2L * sizes.inner(), width)
                .linear(DOWN, "mlp.down_proj", width, sizes.inner()));
  }
}
