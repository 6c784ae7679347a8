package io.github.tommerspark.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The mentions of a document that enough models found. */
public final class Consensus {

  private Consensus() {}

  /**
   * Takes a vote on every span.
   *
   * <p>The score is the mean over the models that found it: the maximum would be that of the most
   * boastful model, and a mean over all models would mix how many found it with how sure they are.
   *
   * @param found what each model found in the document
   * @param votes how many models must have found exactly this span, at least 1
   * @return the spans found by that many, with mean scores
   */
  public static SpanSet of(List<SpanSet> found, int votes) {
    TreeMap<SpanSet.Span, List<SpanSet.Span>> ballots = new TreeMap<>();
    for (SpanSet set : found) {
      for (SpanSet.Span span : set.spans()) {
        ballots.computeIfAbsent(span, s -> new ArrayList<>()).add(span);
      }
    }
    List<SpanSet.Span> elected = new ArrayList<>();
    for (List<SpanSet.Span> ballot : ballots.values()) {
      if (ballot.size() >= votes) {
        SpanSet.Span span = ballot.get(0);
        double sum = ballot.stream().mapToDouble(SpanSet.Span::score).sum();
        elected.add(
            new SpanSet.Span(
                span.start(),
                span.end(),
                (float) (sum / ballot.size()),
                span.words(),
                span.lastWord(),
                span.text()));
      }
    }
    return SpanSet.of(elected);
  }
}
