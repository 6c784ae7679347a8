package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.DOWN;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.OUT;
import static io.github.tommerspark.backbone.Slot.POSITION_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.Q;
import static io.github.tommerspark.backbone.Slot.TOKEN_EMBEDDING;
import static io.github.tommerspark.backbone.Slot.UP;

import io.github.tommerspark.backbone.Attention.Projection;
import io.github.tommerspark.backbone.BackboneSpec.Identity;
import io.github.tommerspark.backbone.BackboneSpec.Positions;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Locale;

/** GPT-2: learned positions, and matrices stored as (in, out). */
final class Gpt2Family implements Family {

  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public KeyUses keys() {
    return new KeyUses()
        .honoured("n_embd", "n_inner", "n_head", "activation_function")
        .honoured("layer_norm_epsilon", "scale_attn_weights", "scale_attn_by_inverse_layer_idx")
        // Other names of n_embd, n_layer, n_head and n_positions.
        .honoured("hidden_size", "num_hidden_layers", "num_attention_heads")
        .honoured("max_position_embeddings")
        .limits("n_layer", "n_positions", "vocab_size")
        // The old name of n_positions; no longer read by anyone.
        .neutral("n_ctx")
        .notTrue("add_cross_attention");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    int width = config.size("n_embd");
    int layers = config.layers("n_layer");
    int vocabulary = config.size("vocab_size");
    int positions = config.size("n_positions", 1024);
    int inner = config.sizeOrNull("n_inner").orElse(4 * width);
    Sizes sizes = new Sizes(width, inner, layers, vocabulary, config.size("n_head"));
    int headDim = sizes.evenHeadDim(config, "n_embd", "n_head");
    config.requireSame("hidden_size", width);
    config.requireSame("num_hidden_layers", layers);
    config.requireSame("num_attention_heads", sizes.heads());
    config.requireSame("max_position_embeddings", positions);

    Forward forward =
        Forward.prenorm(
            Norm.layer(config.positive("layer_norm_epsilon", 1e-5)),
            attention(config, sizes.equalHeads(headDim), layers),
            Forward.Mlp.PLAIN,
            Activation.read(config, "activation_function", "gelu_new"));
    return new BackboneSpec(
        Identity.of(config),
        sizes,
        Positions.learned(positions),
        forward,
        List.of("transformer.", ""),
        new Weights("")
            .embedding(TOKEN_EMBEDDING, "wte", vocabulary, width)
            .embedding(POSITION_EMBEDDING, "wpe", positions, width),
        i ->
            new Weights(String.format(Locale.ROOT, "h.%d.", i))
                .layerNorm(ATTENTION_NORM, "ln_1", width)
                .transposed(Q, "attn.c_attn", width, 3L * width)
                .transposed(OUT, "attn.c_proj", width, width)
                .layerNorm(MLP_NORM, "ln_2", width)
                .transposed(UP, "mlp.c_fc", width, inner)
                .transposed(DOWN, "mlp.c_proj", inner, width));
  }

  private static Attention attention(BackboneConfig config, Heads heads, int layers)
      throws ModelFormatException {
    Attention attention = Attention.causal(heads, Projection.FUSED, layers);
    if (!config.flag("scale_attn_weights", true)) {
      attention = attention.withScale(1);
    }
    return config.flag("scale_attn_by_inverse_layer_idx", false)
        ? attention.dividedByLayer()
        : attention;
  }
}
