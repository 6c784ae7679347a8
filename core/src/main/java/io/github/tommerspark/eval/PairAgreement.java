package io.github.tommerspark.eval;

import org.jspecify.annotations.Nullable;

/**
 * The agreement of two models on mentions, each measure but that of labels in [0, 1]. Mentions are
 * triples (document, start, end).
 *
 * @param a index of the first model
 * @param b index of the second model
 * @param aCount mentions of the first model, |A|
 * @param bCount mentions of the second model, |B|
 * @param both mentions of both, |A∩B|
 * @param macroDocuments documents in which at least one of the two found something
 * @param macroDice mean of the DICE of these documents; 0 if there are none
 * @param macroIou mean of the IoU of these documents; 0 if there are none
 * @param overlapDice relaxed DICE: a mention matches if it shares a character with one of the other
 *     model
 * @param sameEndDice relaxed DICE: a mention matches if one of the other model ends there
 * @param sameLastWordDice relaxed DICE: a mention matches if one of the other model has the same
 *     last whitespace-separated word; NaN if texts are not known
 * @param interval of {@code dice()} over documents; null if no bootstrap was asked for
 * @param labels agreement on the labels of the mentions of both; null if one of the models gives no
 *     labels, none of these mentions has one, or there are too many ({@link
 *     AgreementTally#hasTooManyLabels})
 */
public record PairAgreement(
    int a,
    int b,
    long aCount,
    long bCount,
    long both,
    long macroDocuments,
    double macroDice,
    double macroIou,
    double overlapDice,
    double sameEndDice,
    double sameLastWordDice,
    @Nullable Interval interval,
    @Nullable LabelAgreement labels) {

  /**
   * A confidence interval.
   *
   * @param low lower bound
   * @param high upper bound
   */
  public record Interval(double low, double high) {}

  /**
   * Part of the mentions of two models, by length or by score.
   *
   * @param a index of the first model
   * @param b index of the second model
   * @param aCount mentions of the first model in this part
   * @param bCount mentions of the second model in this part
   * @param both mentions of both in this part
   */
  public record Part(int a, int b, long aCount, long bCount, long both) {

    /** As {@link PairAgreement#dice()}. */
    public double dice() {
      return PairAgreement.dice(aCount, bCount, both);
    }
  }

  /**
   * 2|A∩B| / (|A| + |B|) over all documents at once (micro), exactly upstream's {@code
   * compare_inferences}: 0 if neither model found anything.
   */
  public double dice() {
    return dice(aCount, bCount, both);
  }

  /** |A∩B| / |A∪B| over all documents at once (micro); 0 if neither model found anything. */
  public double iou() {
    return iou(aCount, bCount, both);
  }

  static double dice(long a, long b, long both) {
    return relaxedDice(a, b, both, both);
  }

  static double relaxedDice(long a, long b, long matchedA, long matchedB) {
    return a + b == 0 ? 0 : (double) (matchedA + matchedB) / (a + b);
  }

  static double iou(long a, long b, long both) {
    long union = a + b - both;
    return union == 0 ? 0 : (double) both / union;
  }
}
