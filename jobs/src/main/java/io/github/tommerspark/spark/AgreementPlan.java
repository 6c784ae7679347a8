package io.github.tommerspark.spark;

import io.github.tommerspark.eval.AgreementTally;
import java.io.Serializable;

/**
 * The part of a comparison that executors need.
 *
 * @param models how many are compared
 * @param datasets how many they come from
 * @param replicates of the bootstrap; 0 for none
 * @param seed of the bootstrap
 */
public record AgreementPlan(int models, int datasets, int replicates, long seed)
    implements Serializable {

  AgreementPart newPart() {
    return new AgreementPart(new AgreementTally(models, replicates, seed), datasets);
  }
}
