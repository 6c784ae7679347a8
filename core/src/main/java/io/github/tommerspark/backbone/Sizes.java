package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Sizes that all families have.
 *
 * @param width of the hidden states
 * @param inner width between the products of an MLP
 * @param layers number of blocks of the whole model
 * @param vocabulary number of token ids
 * @param heads number of heads of the queries
 */
record Sizes(int width, int inner, int layers, int vocabulary, int heads) {

  /** The sizes under their usual names. */
  static Sizes of(BackboneConfig config) throws ModelFormatException {
    return new Sizes(
        config.size("hidden_size"),
        config.size("intermediate_size"),
        config.layers("num_hidden_layers"),
        config.size("vocab_size"),
        config.size("num_attention_heads"));
  }

  /** As many heads of keys as of queries. */
  Heads equalHeads(int headDim) {
    return new Heads(heads, heads, headDim);
  }

  /** As many heads of keys as {@code num_key_value_heads}; where that is null, as of queries. */
  Heads groupedHeads(BackboneConfig config, int headDim) throws ModelFormatException {
    int keys = config.sizeOrNull("num_key_value_heads").orElse(heads);
    if (heads % keys != 0) {
      throw config.wrong(
          "num_key_value_heads", keys, "a divisor of num_attention_heads, which is " + heads);
    }
    return new Heads(heads, keys, headDim);
  }

  /** Dimensions of a head: {@code head_dim}, or an equal share of the width. */
  int headDim(BackboneConfig config) throws ModelFormatException {
    OptionalInt headDim = config.sizeOrNull("head_dim");
    return headDim.isPresent() ? headDim.getAsInt() : evenHeadDim(config);
  }

  /** Dimensions of a head for families that have no head_dim of its own. */
  int impliedHeadDim(BackboneConfig config) throws ModelFormatException {
    int headDim = evenHeadDim(config);
    config.requireSame("head_dim", headDim);
    return headDim;
  }

  int evenHeadDim(BackboneConfig config) throws ModelFormatException {
    return evenHeadDim(config, "hidden_size", "num_attention_heads");
  }

  int evenHeadDim(BackboneConfig config, String widthField, String headsField)
      throws ModelFormatException {
    if (width % heads != 0) {
      throw config.wrong(
          headsField,
          heads,
          String.format(Locale.ROOT, "a divisor of %s, which is %d", widthField, width));
    }
    return width / heads;
  }
}
