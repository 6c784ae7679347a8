package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;

/** Mistral: Llama with a window in every layer. */
final class MistralFamily implements Family {

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("sliding_window")
        .notTrue("attention_bias", "mlp_bias")
        .absent("layer_types");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    config.require("num_key_value_heads");
    LlamaLike llama = new LlamaLike(config, sizes, sizes.headDim(config));
    int window = Windows.sliding(config, 4096);
    return llama.spec(
        llama.frequencies(),
        llama.forward(
            llama
                .attention()
                .withWindows(Windows.of(config, sizes.layers(), window, layer -> true))),
        131_072,
        i -> llama.block(i, Biases.NONE));
  }
}
