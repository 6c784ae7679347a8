package io.github.tommerspark.backbone;

import org.jspecify.annotations.Nullable;

/**
 * A weight that a backbone's script takes.
 *
 * @param name the tensor's name in the checkpoint, without the prefix that some checkpoints put
 *     before all names; null when it is not read
 * @param shape the shape that config.json implies
 * @param kind how the tensor becomes the weight
 * @param values the weight itself, when it is computed and not read; null otherwise
 */
record Weight(@Nullable String name, long[] shape, Kind kind, float @Nullable [] values) {

  enum Kind {
    /** Not there: an empty tensor. */
    ABSENT,
    /** A table of rows; kept in 16 bits when it is stored so, which is exact. */
    EMBEDDING,
    /** (out, in) matrix or bias of a linear layer, in the compute type. */
    LINEAR,
    /** Stored as (in, out), the Conv1D of GPT-2; used as (out, in). */
    TRANSPOSED,
    /** Scale or shift of a norm, in fp32. */
    NORM,
    /** Scale of a norm, stored as its difference from 1. */
    NORM_OFFSET,
    /** Computed from the config. */
    TABLE
  }

  static final Weight NONE = new Weight(null, new long[] {0}, Kind.ABSENT, null);

  /** A weight that is read. */
  static Weight stored(Kind kind, String name, long... shape) {
    return new Weight(name, shape, kind, null);
  }

  /** A weight that is computed from the config. */
  static Weight table(float[] values) {
    return new Weight(null, new long[] {values.length}, Kind.TABLE, values);
  }
}
