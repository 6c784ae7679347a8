package io.github.tommerspark.backbone;

import io.github.tommerspark.checkpoint.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/**
 * A backbone as its config.json describes it.
 *
 * @param family the value of model_type
 * @param nameOrPath what config.json calls the model, or ""
 * @param source name of the TorchScript source that computes it, such as {@code prenorm}
 * @param attributes what the source reads as attributes of its module
 * @param prefixes what may stand before all tensor names, most usual first; may hold ""
 * @param hiddenSize width of the hidden states
 * @param layers number of blocks of the whole model
 * @param vocabularySize number of token ids
 * @param causal whether a token sees only what is before it
 * @param maxPositions longest sequence, in tokens including specials
 * @param learnedPositions whether longer sequences are impossible, and not only untrained
 * @param bosTokenId id of the beginning-of-sequence token, where config.json names one
 * @param fixedWeights weights before those of the blocks
 * @param blockWeights weights of the block of an index from 0
 */
record BackboneSpec(
    String family,
    String nameOrPath,
    String source,
    Map<String, Object> attributes,
    List<String> prefixes,
    int hiddenSize,
    int layers,
    int vocabularySize,
    boolean causal,
    int maxPositions,
    boolean learnedPositions,
    OptionalInt bosTokenId,
    List<WeightSlot> fixedWeights,
    IntFunction<List<WeightSlot>> blockWeights) {

  /**
   * Checks that there is a block.
   *
   * @param layer its index
   * @param backbone what an error calls the backbone
   * @throws ModelFormatException if there is none of that index
   */
  void requireLayer(int layer, String backbone) throws ModelFormatException {
    if (layer < 0 || layer >= layers) {
      throw new ModelFormatException(
          "Cannot use layer %d of backbone %s: it has layers 0 to %d; choose a head made for this backbone"
              .formatted(layer, backbone, layers - 1));
    }
  }
}
