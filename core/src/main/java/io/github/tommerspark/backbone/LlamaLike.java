package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.GATE;
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
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * The parts that Llama and its followers share: rotary positions, RMS norms before attention and
 * MLP, fewer heads of keys than of queries, and a gated MLP.
 */
final class LlamaLike {
  private final BackboneConfig config;
  private final Sizes sizes;
  private final Heads heads;

  /** The products of a block that have a bias. */
  record Biases(boolean qkv, boolean out, boolean mlp) {
    static final Biases NONE = new Biases(false, false, false);
  }

  /**
   * Reads the heads.
   *
   * @param headDim dimensions of a head
   */
  LlamaLike(BackboneConfig config, Sizes sizes, int headDim) throws ModelFormatException {
    this.config = config;
    this.sizes = sizes;
    this.heads = sizes.groupedHeads(config, headDim);
  }

  /** Keys that they have in common, with their most usual uses. */
  static KeyUses keys() {
    return new KeyUses()
        .honoured("hidden_size", "intermediate_size", "num_attention_heads")
        .honoured("num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps")
        .honoured("rope_theta", "rope_scaling", "rope_parameters")
        .honoured("original_max_position_embeddings")
        .limits("num_hidden_layers", "vocab_size", "max_position_embeddings")
        .whole("partial_rotary_factor");
  }

  Heads heads() {
    return heads;
  }

  /** Causal attention by three products. */
  Attention attention() {
    return Attention.causal(heads, Projection.SEPARATE, sizes.layers());
  }

  /** Angle per position of heads that turn as a whole. */
  float[] frequencies() throws ModelFormatException {
    Rope rope = Rope.of(config).whole();
    return frequencies(rope, 1);
  }

  /** Angle per position of heads of which a share turns. */
  float[] frequencies(Rope rope, double share) throws ModelFormatException {
    return rope.frequencies(
        rope.dimensions(heads.width(), "partial_rotary_factor", share),
        rope.theta(10_000, "rope_theta"));
  }

  Forward forward(Attention attention) throws ModelFormatException {
    return forward(attention, Activation.read(config, "hidden_act", "silu"));
  }

  Forward forward(Attention attention, Activation activation) throws ModelFormatException {
    Norm norm = Norm.rms(config.positive("rms_norm_eps", 1e-6));
    return Forward.prenorm(norm, attention, Forward.Mlp.GATED, activation);
  }

  /** A block with two norms that scale. */
  Weights block(int layer, Biases biases) {
    return products(layer, biases)
        .norm(ATTENTION_NORM, "input_layernorm", sizes.width())
        .norm(MLP_NORM, "post_attention_layernorm", sizes.width());
  }

  /** The products of a block, without its norms. */
  Weights products(int layer, Biases biases) {
    int width = sizes.width();
    int inner = sizes.inner();
    return named(layer)
        .biased(biases.qkv(), Q, "self_attn.q_proj", heads.queryWidth(), width)
        .biased(biases.qkv(), K, "self_attn.k_proj", heads.keyWidth(), width)
        .biased(biases.qkv(), V, "self_attn.v_proj", heads.keyWidth(), width)
        .biased(biases.out(), OUT, "self_attn.o_proj", width, heads.queryWidth())
        .biased(biases.mlp(), GATE, "mlp.gate_proj", inner, width)
        .biased(biases.mlp(), UP, "mlp.up_proj", inner, width)
        .biased(biases.mlp(), DOWN, "mlp.down_proj", width, inner);
  }

  /** A block without weights yet. */
  static Weights named(int layer) {
    return new Weights(String.format(Locale.ROOT, "layers.%d.", layer));
  }

  /**
   * The backbone.
   *
   * @param trained longest sequence when the config does not say
   */
  BackboneSpec spec(float[] frequencies, Forward forward, int trained, IntFunction<Weights> blocks)
      throws ModelFormatException {
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.trained(config.size("max_position_embeddings", trained)),
        forward,
        List.of("model.", ""),
        new Weights("")
            .embedding(TOKEN_EMBEDDING, "embed_tokens", sizes.vocabulary(), sizes.width())
            .table(ROTARY_FREQUENCIES, frequencies),
        blocks);
  }
}
