package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;
import static io.github.tommerspark.backbone.Slot.POST_ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.POST_MLP_NORM;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;

/**
 * Gemma 2: Gemma with norms after attention and MLP too, bounded scores, and a window in every
 * other layer.
 */
final class Gemma2Family implements Family {

  @Override
  public String modelType() {
    return "gemma2";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("hidden_activation", "attention_bias", "attn_logit_softcapping")
        .honoured("query_pre_attn_scalar", "sliding_window", "layer_types")
        .notTrue("use_bidirectional_attention");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = config.size("head_dim", GemmaFamily.HEAD_DIM);
    config.require("num_key_value_heads");
    LlamaLike llama = new LlamaLike(config, sizes, headDim);
    Activation activation = activation(config);
    int window = Windows.sliding(config, 4096);
    Attention attention =
        llama
            .attention()
            .withSoftCap(softCap(config))
            .withScale(1 / Math.sqrt(config.positive("query_pre_attn_scalar", 256)))
            .withWindows(Windows.of(config, sizes.layers(), window, layer -> layer % 2 == 0));
    boolean bias = config.flag("attention_bias", false);
    Biases biases = new Biases(bias, bias, false);
    int width = sizes.width();
    return llama.spec(
        llama.frequencies(),
        llama.forward(attention, activation).withEmbeddingScale(Math.sqrt(width)),
        GemmaFamily.TRAINED,
        i ->
            llama
                .products(i, biases)
                .normOffset(ATTENTION_NORM, "input_layernorm", width)
                .normOffset(POST_ATTENTION_NORM, "post_attention_layernorm", width)
                .normOffset(MLP_NORM, "pre_feedforward_layernorm", width)
                .normOffset(POST_MLP_NORM, "post_feedforward_layernorm", width));
  }

  /** Only hidden_activation is read; hidden_act must not contradict it. */
  private static Activation activation(BackboneConfig config) throws ModelFormatException {
    String name = config.text("hidden_activation", GemmaFamily.ACTIVATION);
    return config.has("hidden_act")
        ? GemmaFamily.agreed(config, name)
        : Activation.named(config, "hidden_activation", name);
  }

  private static double softCap(BackboneConfig config) throws ModelFormatException {
    String field = "attn_logit_softcapping";
    boolean switchedOff = config.json().has(field) && !config.has(field);
    return switchedOff ? 0 : config.positive(field, 50);
  }
}
