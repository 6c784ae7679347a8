package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A backbone as its config.json describes it.
 *
 * @param identity its names
 * @param sizes its sizes
 * @param positions the limit of its sequences' length
 * @param forward how it computes
 * @param prefixes what may stand before all tensor names, most usual first; may hold ""
 * @param model its weights outside of blocks
 * @param blocks the weights of the block of an index from 0
 */
record BackboneSpec(
    Identity identity,
    Sizes sizes,
    Positions positions,
    Forward forward,
    List<String> prefixes,
    Weights model,
    IntFunction<Weights> blocks) {

  /**
   * The names that a config.json gives a backbone.
   *
   * @param family the value of model_type
   * @param nameOrPath its name, or ""
   * @param bosTokenId id of the beginning-of-sequence token, where one is named
   */
  record Identity(String family, String nameOrPath, OptionalInt bosTokenId) {
    static Identity of(BackboneConfig config) throws ModelFormatException {
      return new Identity(config.modelType(), config.nameOrPath(), config.id("bos_token_id"));
    }
  }

  /**
   * The limit of a sequence's length.
   *
   * @param max longest sequence, in tokens including specials
   * @param learned whether longer sequences are impossible, and not only untrained
   */
  record Positions(int max, boolean learned) {
    /** Each position has a vector of its own. */
    static Positions learned(int max) {
      return new Positions(max, true);
    }

    /** Longer sequences can be computed, but the backbone was not trained on them. */
    static Positions trained(int max) {
      return new Positions(max, false);
    }
  }

  /**
   * Checks that there is a block.
   *
   * @param layer its index
   * @param backbone what an error calls the backbone
   * @throws ModelFormatException if there is none of that index
   */
  void requireLayer(int layer, String backbone) throws ModelFormatException {
    if (layer < 0 || layer >= sizes.layers()) {
      throw new ModelFormatException(
          String.format(
              Locale.ROOT,
              "Cannot use layer %d of backbone %s: it has layers 0 to %d; choose a head made for this backbone",
              layer,
              backbone,
              sizes.layers() - 1));
    }
  }

  /** The weights up to those of a block, in the order in which the script takes them. */
  List<Weight> weights(int lastLayer) {
    List<Weight> weights = new ArrayList<>(model.of(Slot.OF_MODEL));
    for (int i = 0; i <= lastLayer; i++) {
      weights.addAll(blocks.apply(i).of(Slot.OF_BLOCK));
    }
    return weights;
  }
}
