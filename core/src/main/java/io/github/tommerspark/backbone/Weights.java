package io.github.tommerspark.backbone;

import io.github.tommerspark.backbone.Weight.Kind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The weights of a part of a backbone, by slot: of all that is not in a block, or of one block. The
 * methods that add some take the name of a layer in the checkpoint, such as {@code
 * attention.self.query}; its tensors are named {@code weight} and {@code bias}.
 */
final class Weights {
  private final String at;
  private final Map<Slot, Weight> weights = new EnumMap<>(Slot.class);

  /**
   * No weights yet.
   *
   * @param at what all names begin with, such as {@code layers.0.}
   */
  Weights(String at) {
    this.at = at;
  }

  /** A table of rows. */
  Weights embedding(Slot slot, String layer, long rows, long width) {
    return put(slot, Kind.EMBEDDING, layer + ".weight", rows, width);
  }

  /** A matrix without bias. */
  Weights linear(Slot slot, String layer, long out, long in) {
    return put(slot, Kind.LINEAR, layer + ".weight", out, in);
  }

  /** A matrix with bias. */
  Weights biased(Slot slot, String layer, long out, long in) {
    return biased(true, slot, layer, out, in);
  }

  /** A matrix, with bias if the config says so. */
  Weights biased(boolean hasBias, Slot slot, String layer, long out, long in) {
    linear(slot, layer, out, in);
    return hasBias ? put(slot.bias(), Kind.LINEAR, layer + ".bias", out) : this;
  }

  /** A matrix with bias, stored as (in, out). */
  Weights transposed(Slot slot, String layer, long in, long out) {
    return put(slot, Kind.TRANSPOSED, layer + ".weight", in, out)
        .put(slot.bias(), Kind.LINEAR, layer + ".bias", out);
  }

  /** A norm that scales only. */
  Weights norm(Slot slot, String layer, long width) {
    return put(slot, Kind.NORM, layer + ".weight", width);
  }

  /** A norm that scales only, by what is stored and 1. */
  Weights normOffset(Slot slot, String layer, long width) {
    return put(slot, Kind.NORM_OFFSET, layer + ".weight", width);
  }

  /** A norm that scales and shifts. */
  Weights layerNorm(Slot slot, String layer, long width) {
    return layerNorm(true, slot, layer, width);
  }

  /** A norm that scales, and shifts if the config says so. */
  Weights layerNorm(boolean shifts, Slot slot, String layer, long width) {
    norm(slot, layer, width);
    return shifts ? put(slot.bias(), Kind.NORM, layer + ".bias", width) : this;
  }

  /** Values that are computed from the config. */
  Weights table(Slot slot, float[] values) {
    weights.put(slot, Weight.table(values));
    return this;
  }

  private Weights put(Slot slot, Kind kind, String name, long... shape) {
    weights.put(slot, Weight.stored(kind, at + name, shape));
    return this;
  }

  /** The weight of a slot, which may be {@link Weight#NONE}. */
  Weight get(Slot slot) {
    return weights.getOrDefault(slot, Weight.NONE);
  }

  /** The weights of these slots, in their order. */
  List<Weight> of(List<Slot> slots) {
    return slots.stream().map(this::get).toList();
  }
}
