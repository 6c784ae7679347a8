package io.github.tommerspark.eval;

import java.io.Serializable;

/**
 * Sums of numbers in [0, 1] that do not depend on the order of addition: each is rounded to a
 * multiple of 2^-60 once, and the integers are added.
 */
final class UnitSums implements Serializable {

  private static final long serialVersionUID = 1L;

  private static final int HALF_BITS = 30;
  private static final long HALF_MASK = (1L << HALF_BITS) - 1;

  // Two halves, so that 2^33 numbers can be added without overflow.
  private final long[] high;
  private final long[] low;

  UnitSums(int count) {
    high = new long[count];
    low = new long[count];
  }

  void add(int at, double value) {
    long fixed = (long) (value * 0x1p60);
    high[at] += fixed >>> HALF_BITS;
    low[at] += fixed & HALF_MASK;
  }

  void merge(UnitSums other) {
    AgreementTally.addAll(high, other.high);
    AgreementTally.addAll(low, other.low);
  }

  double get(int at) {
    return high[at] * 0x1p-30 + low[at] * 0x1p-60;
  }
}
