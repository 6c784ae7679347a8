package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;

/** Qwen 2 and 2.5: Llama with biases of queries, keys and values, and windows in upper layers. */
final class Qwen2Family implements Family {
  static final int TRAINED = 32_768;

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("sliding_window", "use_sliding_window", "max_window_layers", "layer_types")
        // Queries, keys and values always have a bias, the output never.
        .neutral("attention_bias", "use_mrope");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    config.require("num_key_value_heads");
    LlamaLike llama = new LlamaLike(config, sizes, sizes.headDim(config));
    Biases biases = new Biases(true, false, false);
    return llama.spec(
        llama.frequencies(),
        llama.forward(llama.attention().withWindows(windows(config, sizes.layers()))),
        TRAINED,
        i -> llama.block(i, biases));
  }

  /** Windows from a layer on, where they are switched on. */
  static List<Integer> windows(BackboneConfig config, int layers) throws ModelFormatException {
    int window = Windows.sliding(config, 4096);
    int first = config.count("max_window_layers", 28);
    boolean used = config.flag("use_sliding_window", false);
    return Windows.of(config, layers, used ? window : 0, layer -> layer >= first);
  }
}
