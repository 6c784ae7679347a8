package io.github.tommerspark.eval;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The agreement of two models on the labels of the mentions that both found, as Cohen's kappa: (po
 * - pe) / (1 - pe), where po is the share of mentions with the same label, and pe the share that
 * would have it by chance, if each model gave its labels as often as it does, but at random. It is
 * 1 for equal labels, about 0 for labels that have nothing to do with each other, and below 0 for
 * models that differ more often than by chance; 1 where pe is.
 *
 * <p>To give no label is a class as any other.
 *
 * @param mentions of both models
 * @param same those of them to which both gave the same label, or neither gave one
 * @param kappa over all labels, at most 1
 * @param byLabel one for each label that either model gave to one of these mentions, sorted; last,
 *     if there are any, the mentions without a label
 * @see <a href="https://doi.org/10.1177/001316446002000104">J. Cohen, A coefficient of agreement
 *     for nominal scales, Educational and Psychological Measurement 20 (1960), pages 37-46</a>
 */
public record LabelAgreement(long mentions, long same, double kappa, List<ByLabel> byLabel) {

  public LabelAgreement {
    byLabel = List.copyOf(byLabel);
  }

  /**
   * The agreement on one label against all others and none.
   *
   * @param label null for the mentions without one
   * @param aCount mentions of both models to which the first gave this label
   * @param bCount mentions of both models to which the second gave it
   * @param both mentions to which both gave it
   * @param kappa at most 1
   */
  public record ByLabel(
      @Nullable String label, long aCount, long bCount, long both, double kappa) {}
}
