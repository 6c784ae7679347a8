package io.github.tommerspark.train;

/**
 * Typed scores over all classes but the outside one.
 *
 * @param right detected spans whose label is that of a gold mention with the same tokens
 * @param wrong other detected spans with a label
 * @param gold gold mentions
 */
public record TypedF1(long right, long wrong, long gold) {

  static final TypedF1 NONE = new TypedF1(0, 0, 0);

  TypedF1 plus(TypedF1 other) {
    return new TypedF1(right + other.right, wrong + other.wrong, gold + other.gold);
  }

  /** Share of labelled spans that are right; 0 without any. */
  public double precision() {
    return right == 0 ? 0 : (double) right / (right + wrong);
  }

  /** Share of gold mentions that were found and labelled right; 0 without any. */
  public double recall() {
    return right == 0 ? 0 : (double) right / gold;
  }

  /** Harmonic mean of both. */
  public double f1() {
    return right == 0 ? 0 : 2.0 * right / (right + wrong + gold);
  }
}
