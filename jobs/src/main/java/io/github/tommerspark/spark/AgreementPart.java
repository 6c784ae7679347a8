package io.github.tommerspark.spark;

import io.github.tommerspark.eval.AgreementTally;
import java.io.Serializable;

/** The contribution of one partition, or of several together, to a comparison of models. */
public final class AgreementPart implements Serializable {

  private static final long serialVersionUID = 1L;

  private final AgreementTally tally;
  private final long[] missing;
  private final long[] repeated;
  private long failed;
  private long withoutId;
  private long differing;
  private String differingId;

  AgreementPart(AgreementTally tally, int datasets) {
    this.tally = tally;
    missing = new long[datasets];
    repeated = new long[datasets];
  }

  void addFailed() {
    failed++;
  }

  void addWithoutId(long rows) {
    withoutId += rows;
  }

  void addMissing(int dataset) {
    missing[dataset]++;
  }

  void addRepeated(int dataset, long rows) {
    repeated[dataset] += rows;
  }

  void addDiffering(String id) {
    differing++;
    differingId = smaller(differingId, id);
  }

  AgreementPart merge(AgreementPart other) {
    tally.merge(other.tally);
    for (int d = 0; d < missing.length; d++) {
      missing[d] += other.missing[d];
      repeated[d] += other.repeated[d];
    }
    failed += other.failed;
    withoutId += other.withoutId;
    differing += other.differing;
    differingId = smaller(differingId, other.differingId);
    return this;
  }

  private static String smaller(String a, String b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.compareTo(b) <= 0 ? a : b;
  }

  /** The comparison itself. */
  public AgreementTally tally() {
    return tally;
  }

  /** Documents left out because a model failed in them. */
  public long failed() {
    return failed;
  }

  /** Rows left out because they have no id. */
  public long withoutId() {
    return withoutId;
  }

  /** Ids left out because a dataset does not have them. */
  public long missing(int dataset) {
    return missing[dataset];
  }

  /** Rows of a dataset left out because an earlier one has their id. */
  public long repeated(int dataset) {
    return repeated[dataset];
  }

  /** Ids with more than one text. */
  public long differing() {
    return differing;
  }

  /** One of those ids; null if there are none. */
  public String differingId() {
    return differingId;
  }
}
