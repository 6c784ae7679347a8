package io.github.tommerspark.backbone;

import static io.github.tommerspark.backbone.Slot.ATTENTION_NORM;
import static io.github.tommerspark.backbone.Slot.MLP_NORM;

import io.github.tommerspark.backbone.LlamaLike.Biases;
import io.github.tommerspark.checkpoint.ModelFormatException;

/** Gemma: Llama with scaled embeddings, and norms that are stored as their difference from 1. */
final class GemmaFamily implements Family {
  static final int HEAD_DIM = 256;
  static final int TRAINED = 8192;
  static final String ACTIVATION = "gelu_pytorch_tanh";

  @Override
  public String modelType() {
    return "gemma";
  }

  @Override
  public KeyUses keys() {
    return LlamaLike.keys()
        .honoured("hidden_activation", "attention_bias")
        .notTrue("use_bidirectional_attention")
        .absent("layer_types", "sliding_window");
  }

  @Override
  public BackboneSpec read(BackboneConfig config) throws ModelFormatException {
    Sizes sizes = Sizes.of(config);
    int headDim = config.size("head_dim", HEAD_DIM);
    config.require("num_key_value_heads");
    LlamaLike llama = new LlamaLike(config, sizes, headDim);
    Activation activation = activation(config);
    boolean bias = config.flag("attention_bias", false);
    Biases biases = new Biases(bias, bias, false);
    int width = sizes.width();
    return llama.spec(
        llama.frequencies(),
        llama.forward(llama.attention(), activation).withEmbeddingScale(Math.sqrt(width)),
        TRAINED,
        i ->
            llama
                .products(i, biases)
                .normOffset(ATTENTION_NORM, "input_layernorm", width)
                .normOffset(MLP_NORM, "post_attention_layernorm", width));
  }

  /**
   * The activation stands under two keys, and versions of transformers disagree on which one
   * counts, so they must agree.
   */
  private static Activation activation(BackboneConfig config) throws ModelFormatException {
    String name =
        config.has("hidden_activation") ? config.text("hidden_activation", ACTIVATION) : ACTIVATION;
    return agreed(config, name);
  }

  /** The activation of a name that {@code hidden_act} must not contradict. */
  static Activation agreed(BackboneConfig config, String name) throws ModelFormatException {
    Activation chosen = Activation.named(config, "hidden_activation", name);
    if (Activation.read(config, "hidden_act", ACTIVATION) != chosen) {
      throw config.wrong(
          "hidden_activation",
          name,
          "as hidden_act, which is " + BackboneConfig.shown(config.text("hidden_act", ACTIVATION)));
    }
    return chosen;
  }
}
