package io.github.tommerspark.backbone;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The weights that a backbone can have, by name. The scripts take them in one list: those of the
 * model, then those of block after block, each in the order of this enum. A script reads the places
 * as attributes of its module: {@code w[self.token_embedding]}, and {@code w[b + self.q]} of the
 * block that begins at {@code b = self.first_block + self.block_slots * layer}.
 *
 * <p>Shapes: width is that of the hidden states, queries and keys that of all heads together. A
 * bias has the first dimension of its matrix.
 */
enum Slot {
  /** (vocabulary, width), or the width of {@link #EMBEDDING_PROJECTION}'s input. */
  TOKEN_EMBEDDING,
  /** (positions, width). */
  POSITION_EMBEDDING,
  /** (types, width); every token is of type 0. */
  TYPE_EMBEDDING,
  /** (width). */
  EMBEDDING_NORM,
  EMBEDDING_NORM_BIAS,
  /** (width, width of the embeddings). */
  EMBEDDING_PROJECTION,
  EMBEDDING_PROJECTION_BIAS,
  /** Angle per position, (rotated dimensions of a head / 2). */
  ROTARY_FREQUENCIES,
  /** The same for layers with a window, where it is another. */
  LOCAL_ROTARY_FREQUENCIES,

  /** (width), before attention. */
  ATTENTION_NORM,
  ATTENTION_NORM_BIAS,
  /** (queries, width); queries, keys and values in one matrix where they are fused. */
  Q,
  Q_BIAS,
  /** (keys, width). */
  K,
  K_BIAS,
  /** (keys, width). */
  V,
  V_BIAS,
  /** (head_dim), of each head's queries. */
  Q_NORM,
  /** (head_dim), of each head's keys. */
  K_NORM,
  /** (width, queries). */
  OUT,
  OUT_BIAS,
  /** (width), after attention: of what it adds (pre-norm), or of the sum (post-norm). */
  POST_ATTENTION_NORM,
  POST_ATTENTION_NORM_BIAS,
  /** (width), before the MLP. */
  MLP_NORM,
  MLP_NORM_BIAS,
  /** (inner, width); gate and up in one matrix where they are fused. */
  GATE,
  GATE_BIAS,
  /** (inner, width). */
  UP,
  UP_BIAS,
  /** (width, inner). */
  DOWN,
  DOWN_BIAS,
  /** (width), after the MLP: of what it adds (pre-norm), or of the sum (post-norm). */
  POST_MLP_NORM,
  POST_MLP_NORM_BIAS;

  /** Slots before those of the blocks. */
  static final List<Slot> OF_MODEL =
      Arrays.stream(values()).filter(slot -> slot.compareTo(ATTENTION_NORM) < 0).toList();

  /** Slots of each block. */
  static final List<Slot> OF_BLOCK =
      Arrays.stream(values()).filter(slot -> slot.compareTo(ATTENTION_NORM) >= 0).toList();

  /** The bias of a matrix, or the shift of a norm. */
  Slot bias() {
    return valueOf(name() + "_BIAS");
  }

  /** Place of the weights of a block. */
  static int firstOf(int layer) {
    return OF_MODEL.size() + OF_BLOCK.size() * layer;
  }

  /** Adds the places to what a script reads as attributes. */
  static void putPlaces(Map<String, Object> attributes) {
    for (List<Slot> slots : List.of(OF_MODEL, OF_BLOCK)) {
      for (int i = 0; i < slots.size(); i++) {
        attributes.put(slots.get(i).name().toLowerCase(Locale.ROOT), i);
      }
    }
    attributes.put("first_block", firstOf(0));
    attributes.put("block_slots", OF_BLOCK.size());
  }
}
