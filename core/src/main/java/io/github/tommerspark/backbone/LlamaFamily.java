package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;

/** Llama 2 and 3, and models of that shape. */
final class LlamaFamily implements Family {

  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("attention_bias", "mlp_bias")
        .absent("layer_types", "sliding_window");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    LlamaLike llama = new LlamaLike(config, sizes, sizes.headDim(config));
    boolean bias = config.flag("attention_bias", false);
    Biases biases = new Biases(bias, bias, config.flag("mlp_bias", false));
    return llama.spec(
        llama.frequencies(), llama.forward(llama.attention()), 2048, i -> llama.block(i, biases));
  }
}
