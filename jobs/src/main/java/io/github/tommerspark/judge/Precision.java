package io.github.tommerspark.judge;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The share of a model's mentions that the judge accepts.
 *
 * @param documents with mentions
 * @param mentions judged
 * @param yes accepted
 * @param no rejected
 * @param unclear neither; they count for nothing
 * @param value accepted over accepted and rejected; null if there are none of either
 * @param wilson interval for independent mentions; null with {@code value}
 * @param clustered interval that allows for the mentions of a document being alike; null with fewer
 *     than two documents that have verdicts
 */
public record Precision(
    int documents,
    int mentions,
    int yes,
    int no,
    int unclear,
    @Nullable Double value,
    @Nullable Interval wilson,
    @Nullable Interval clustered) {

  /**
   * Verdicts on the mentions of one document.
   *
   * @param yes accepted
   * @param no rejected
   * @param unclear neither
   */
  public record Tally(int yes, int no, int unclear) {

    /** Counts verdicts. */
    public static Tally of(List<Verdict> verdicts) {
      int[] counts = new int[Verdict.values().length];
      verdicts.forEach(verdict -> counts[verdict.ordinal()]++);
      return new Tally(
          counts[Verdict.YES.ordinal()],
          counts[Verdict.NO.ordinal()],
          counts[Verdict.UNCLEAR.ordinal()]);
    }

    private int decided() {
      return yes + no;
    }
  }

  /**
   * Sums up documents.
   *
   * @param documents one tally each, of documents with at least one mention
   */
  public static Precision of(List<Tally> documents) {
    int yes = documents.stream().mapToInt(Tally::yes).sum();
    int no = documents.stream().mapToInt(Tally::no).sum();
    int unclear = documents.stream().mapToInt(Tally::unclear).sum();
    int mentions = yes + no + unclear;
    if (yes + no == 0) {
      return new Precision(documents.size(), mentions, yes, no, unclear, null, null, null);
    }
    double value = (double) yes / (yes + no);
    return new Precision(
        documents.size(),
        mentions,
        yes,
        no,
        unclear,
        value,
        Interval.wilson(value, yes + no),
        clustered(documents, value, yes + no));
  }

  /**
   * Wilson's interval for as many independent mentions as would be equally certain. Documents are
   * what was sampled, so the variance is that of a ratio of sums over documents (Cochran, Sampling
   * Techniques, 6.4); over the variance of independent mentions it is the design effect (Kish), by
   * which their number is divided. A design effect below 1 is taken as 1. Verdicts that are all the
   * same say nothing about it: then a document counts as one mention.
   */
  private static @Nullable Interval clustered(List<Tally> documents, double value, int decided) {
    List<Tally> judged = documents.stream().filter(d -> d.decided() > 0).toList();
    int clusters = judged.size();
    if (clusters < 2) {
      return null;
    }
    double independent = value * (1 - value) / decided;
    if (independent == 0) {
      return Interval.wilson(value, clusters);
    }
    double squares = 0;
    for (Tally document : judged) {
      double residual = document.yes() - value * document.decided();
      squares += residual * residual;
    }
    double variance = squares * clusters / (clusters - 1) / decided / decided;
    return Interval.wilson(value, decided / Math.max(1, variance / independent));
  }
}
