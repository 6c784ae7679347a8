package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.K_NORM;
import static io.github.tommerspark.backbone.Slot.Q_NORM;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;

/** Qwen 3: Llama with norms of each head's queries and keys, and windows in upper layers. */
final class Qwen3Family implements Family {

  @Override
  public String modelType() {
    return "qwen3";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("sliding_window", "use_sliding_window", "max_window_layers", "layer_types")
        .honoured("attention_bias");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = config.size("head_dim", 128);
    config.require("num_key_value_heads");
    LlamaLike llama = new LlamaLike(config, sizes, headDim);
    boolean bias = config.flag("attention_bias", false);
    Biases biases = new Biases(bias, bias, false);
    return llama.spec(
        llama.frequencies(),
        llama.forward(llama.attention().withWindows(Qwen2Family.windows(config, sizes.layers()))),
        Qwen2Family.TRAINED,
        i ->
            llama
                .block(i, biases)
                .norm(Q_NORM, "self_attn.q_norm", headDim)
                .norm(K_NORM, "self_attn.k_norm", headDim));
  }
}
