package io.github.tommerspark.backbone;

/**
 * One weight that a backbone's TorchScript source expects at a place in its list of weights.
 *
 * @param name the tensor's name in the checkpoint, without the prefix that some checkpoints put
 *     before all names; null when this family has no such weight
 * @param shape the shape that config.json implies
 * @param kind how the tensor becomes the weight
 * @param values the weight itself, when it is computed and not read; null otherwise
 */
record WeightSlot(String name, long[] shape, Kind kind, float[] values) {

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

  static final WeightSlot NONE = new WeightSlot(null, new long[] {0}, Kind.ABSENT, null);

  static WeightSlot embedding(String name, long rows, long width) {
    return new WeightSlot(name, new long[] {rows, width}, Kind.EMBEDDING, null);
  }

  static WeightSlot linear(String name, long out, long in) {
    return new WeightSlot(name, new long[] {out, in}, Kind.LINEAR, null);
  }

  static WeightSlot transposed(String name, long in, long out) {
    return new WeightSlot(name, new long[] {in, out}, Kind.TRANSPOSED, null);
  }

  static WeightSlot bias(String name, long out) {
    return new WeightSlot(name, new long[] {out}, Kind.LINEAR, null);
  }

  static WeightSlot bias(boolean present, String name, long out) {
    return present ? bias(name, out) : NONE;
  }

  static WeightSlot norm(String name, long width) {
    return new WeightSlot(name, new long[] {width}, Kind.NORM, null);
  }

  static WeightSlot normOffset(String name, long width) {
    return new WeightSlot(name, new long[] {width}, Kind.NORM_OFFSET, null);
  }

  static WeightSlot table(float[] values) {
    return new WeightSlot(null, new long[] {values.length}, Kind.TABLE, values);
  }
}
