package io.github.tommerspark.eval;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Counts, document by document, how far any number of models agree, for all pairs in one pass; on
 * the labels of mentions too, where models give any.
 *
 * <p>Tallies of parts of a corpus merge to the tally of the whole. All of it is integers, so
 * neither the order of the documents nor how they were spread over parts changes anything, to the
 * last bit. Memory is independent of the number of documents: for n models and R replicates about
 * 8·R·(n + n(n-1)/2) bytes, and about 150 bytes for each different label of a pair. Adding a
 * document with m mentions takes O(n²·m log m + R·n²).
 *
 * <p>Not thread-safe.
 */
public final class AgreementTally implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Different labels of a pair of models at most; with more, none are counted. */
  public static final int MAX_LABELS = LabelTally.MAX_LABELS;

  /** Share of replicates inside a confidence interval. */
  public static final double LEVEL = 0.95;

  private final int models;
  private final long seed;

  private long documents;
  private boolean lengthsUnknown;
  private boolean lastWordsUnknown;

  // By model, or by pair in the order (0,1), (0,2), ..., (1,2), ...
  private final long[] mentions;
  private final long[] documentsWithMentions;
  private final long[] both;
  private final long[] macroDocuments;
  private final UnitSums macroDice;
  private final UnitSums macroIou;
  private final long[] overlap;
  private final long[] sameEnd;
  private final long[] sameLastWord;
  private final long[][] mentionsByLength;
  private final long[][] bothByLength;

  /** At [i][k]: mentions whose score is greater than exactly k of the thresholds. */
  private final long[][] mentionsByScore;

  private final long[][] bothByScore;

  private final LabelTally[] labels;

  private final int[] weights;
  private final long[][] weightedMentions;
  private final long[][] weightedBoth;

  /**
   * An empty tally.
   *
   * @param models how many are compared, at least 1
   * @param replicates of the bootstrap; 0 for none
   * @param seed of the bootstrap
   */
  public AgreementTally(int models, int replicates, long seed) {
    if (models < 1 || replicates < 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "Cannot compare %d models with %d replicates", models, replicates));
    }
    int pairs = models * (models - 1) / 2;
    this.models = models;
    this.seed = seed;
    mentions = new long[models];
    documentsWithMentions = new long[models];
    both = new long[pairs];
    macroDocuments = new long[pairs];
    macroDice = new UnitSums(pairs);
    macroIou = new UnitSums(pairs);
    overlap = new long[pairs];
    sameEnd = new long[pairs];
    sameLastWord = new long[pairs];
    mentionsByLength = new long[models][LengthGroup.count()];
    bothByLength = new long[pairs][LengthGroup.count()];
    mentionsByScore = new long[models][ScoreGrid.size() + 1];
    bothByScore = new long[pairs][ScoreGrid.size() + 1];
    labels = new LabelTally[pairs];
    Arrays.setAll(labels, pair -> new LabelTally());
    weights = new int[replicates];
    weightedMentions = new long[models][replicates];
    weightedBoth = new long[pairs][replicates];
  }

  /**
   * Counts a document.
   *
   * @param id tells it apart from others; decides its weights in the bootstrap
   * @param found what each model found in it, in the order of the models
   */
  public void add(String id, List<SpanSet> found) {
    if (found.size() != models) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Cannot count the document %s: %d sets of spans for %d models",
              id,
              found.size(),
              models));
    }
    documents++;
    if (found.stream().allMatch(set -> set.size() == 0)) {
      return;
    }
    if (weights.length > 0) {
      DocumentWeights.fill(seed, id, weights);
    }
    for (int m = 0; m < models; m++) {
      addModel(m, found.get(m));
    }
    int pair = 0;
    for (int a = 0; a < models; a++) {
      for (int b = a + 1; b < models; b++) {
        addPair(pair, found.get(a), found.get(b));
        pair++;
      }
    }
  }

  private void addModel(int model, SpanSet set) {
    mentions[model] += set.size();
    documentsWithMentions[model] += set.size() > 0 ? 1 : 0;
    lastWordsUnknown |= set.isMissingLastWords();
    for (SpanSet.Span span : set.spans()) {
      count(mentionsByLength[model], span);
      mentionsByScore[model][ScoreGrid.below(span.score())]++;
    }
    addWeighted(weightedMentions[model], set.size());
  }

  private void addPair(int pair, SpanSet a, SpanSet b) {
    if (a.size() + b.size() == 0) {
      return;
    }
    int common = addCommon(pair, a, b);
    both[pair] += common;
    addWeighted(weightedBoth[pair], common);
    macroDocuments[pair]++;
    macroDice.add(pair, PairAgreement.dice(a.size(), b.size(), common));
    macroIou.add(pair, PairAgreement.iou(a.size(), b.size(), common));
    overlap[pair] += a.overlapping(b) + b.overlapping(a);
    sameEnd[pair] += a.sameEnd(b) + b.sameEnd(a);
    sameLastWord[pair] += a.sameLastWord(b) + b.sameLastWord(a);
  }

  /** Walks through two sorted lists and counts what is in both. */
  private int addCommon(int pair, SpanSet setA, SpanSet setB) {
    List<SpanSet.Span> a = setA.spans();
    List<SpanSet.Span> b = setB.spans();
    boolean labelled = setA.isLabelled() && setB.isLabelled();
    int common = 0;
    int i = 0;
    int j = 0;
    while (i < a.size() && j < b.size()) {
      SpanSet.Span first = a.get(i);
      SpanSet.Span second = b.get(j);
      int order = first.compareTo(second);
      if (order == 0) {
        common++;
        count(bothByLength[pair], first);
        // Both models have it as long as the less sure of them does.
        bothByScore[pair][ScoreGrid.below(Math.min(first.score(), second.score()))]++;
        if (labelled) {
          labels[pair].add(first.label(), second.label());
        }
      }
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return common;
  }

  private void count(long[] byLength, SpanSet.Span span) {
    if (span.words() == SpanSet.UNKNOWN) {
      lengthsUnknown = true;
    } else {
      byLength[LengthGroup.of(span.words())]++;
    }
  }

  private void addWeighted(long[] sums, int count) {
    if (count > 0) {
      for (int r = 0; r < weights.length; r++) {
        sums[r] += (long) weights[r] * count;
      }
    }
  }

  /**
   * Adds what another tally has counted in other documents.
   *
   * @param other of as many models, replicates and the same seed
   * @return this
   */
  public AgreementTally merge(AgreementTally other) {
    if (other.models != models || other.weights.length != weights.length || other.seed != seed) {
      throw new IllegalArgumentException("Cannot merge tallies of different settings");
    }
    documents += other.documents;
    lengthsUnknown |= other.lengthsUnknown;
    lastWordsUnknown |= other.lastWordsUnknown;
    addAll(mentions, other.mentions);
    addAll(documentsWithMentions, other.documentsWithMentions);
    addAll(both, other.both);
    addAll(macroDocuments, other.macroDocuments);
    macroDice.merge(other.macroDice);
    macroIou.merge(other.macroIou);
    addAll(overlap, other.overlap);
    addAll(sameEnd, other.sameEnd);
    addAll(sameLastWord, other.sameLastWord);
    addAll(mentionsByLength, other.mentionsByLength);
    addAll(bothByLength, other.bothByLength);
    addAll(mentionsByScore, other.mentionsByScore);
    addAll(bothByScore, other.bothByScore);
    for (int pair = 0; pair < labels.length; pair++) {
      labels[pair].merge(other.labels[pair]);
    }
    addAll(weightedMentions, other.weightedMentions);
    addAll(weightedBoth, other.weightedBoth);
    return this;
  }

  private static void addAll(long[][] sums, long[][] more) {
    for (int i = 0; i < sums.length; i++) {
      addAll(sums[i], more[i]);
    }
  }

  static void addAll(long[] sums, long[] more) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += more[i];
    }
  }

  /** Returns the number of models. */
  public int models() {
    return models;
  }

  /** Returns the number of documents counted, those without mentions included. */
  public long documents() {
    return documents;
  }

  /** Returns the number of distinct mentions of a model. */
  public long mentions(int model) {
    return mentions[model];
  }

  /** In how many documents a model found something. */
  public long documentsWithMentions(int model) {
    return documentsWithMentions[model];
  }

  /** Returns whether the length in words of every mention was known. */
  public boolean hasLengths() {
    return !lengthsUnknown;
  }

  /** Returns whether the last word of every mention was known. */
  public boolean hasLastWords() {
    return !lastWordsUnknown;
  }

  /**
   * Returns whether two models gave more than {@value #MAX_LABELS} different labels to their common
   * mentions, so that their agreement on labels is not known.
   */
  public boolean hasTooManyLabels() {
    return Arrays.stream(labels).anyMatch(LabelTally::isOverflowed);
  }

  /** All pairs of different models, in the order (0,1), (0,2), …, (1,2), …. */
  public List<PairAgreement> pairs() {
    List<PairAgreement> pairs = new ArrayList<>(both.length);
    int pair = 0;
    for (int a = 0; a < models; a++) {
      for (int b = a + 1; b < models; b++) {
        pairs.add(pair(pair, a, b));
        pair++;
      }
    }
    return List.copyOf(pairs);
  }

  private PairAgreement pair(int pair, int a, int b) {
    double counted = Math.max(1, macroDocuments[pair]);
    return new PairAgreement(
        a,
        b,
        mentions[a],
        mentions[b],
        both[pair],
        macroDocuments[pair],
        macroDice.get(pair) / counted,
        macroIou.get(pair) / counted,
        relaxed(a, b, overlap[pair]),
        relaxed(a, b, sameEnd[pair]),
        lastWordsUnknown ? Double.NaN : relaxed(a, b, sameLastWord[pair]),
        weights.length == 0 ? null : interval(pair, a, b),
        labels[pair].agreement());
  }

  private double relaxed(int a, int b, long matched) {
    return PairAgreement.relaxedDice(mentions[a], mentions[b], matched, 0);
  }

  private PairAgreement.Interval interval(int pair, int a, int b) {
    double[] dice = new double[weights.length];
    for (int r = 0; r < dice.length; r++) {
      dice[r] =
          PairAgreement.dice(weightedMentions[a][r], weightedMentions[b][r], weightedBoth[pair][r]);
    }
    Arrays.sort(dice);
    return new PairAgreement.Interval(
        quantile(dice, (1 - LEVEL) / 2), quantile(dice, (1 + LEVEL) / 2));
  }

  /** Linear between the neighbours, as numpy's default. */
  private static double quantile(double[] sorted, double share) {
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /**
   * The mentions by their number of whitespace-separated words. A mention of both models has one
   * length, so the parts add up to the whole.
   *
   * @return for each group of lengths that occurs, by its label ({@code "1"} … {@code "5"}, {@code
   *     "6-10"}, …), all pairs; empty if lengths are not known
   */
  public Map<String, List<PairAgreement.Part>> byLength() {
    Map<String, List<PairAgreement.Part>> groups = new LinkedHashMap<>();
    for (int g = 0; g < LengthGroup.count() && !lengthsUnknown; g++) {
      int group = g;
      if (Arrays.stream(mentionsByLength).anyMatch(counts -> counts[group] > 0)) {
        groups.put(
            LengthGroup.label(g), parts(column(mentionsByLength, g), column(bothByLength, g)));
      }
    }
    return groups;
  }

  /**
   * The mentions whose scores are above a threshold, for thresholds from the highest that every
   * mention is above to the highest that any is above.
   *
   * @return all pairs, by threshold, ascending
   */
  public Map<Double, List<PairAgreement.Part>> byThreshold() {
    long all = Arrays.stream(mentions).sum();
    Map<Double, List<PairAgreement.Part>> curve = new LinkedHashMap<>();
    for (int t = 0; t < ScoreGrid.size(); t++) {
      long[] above = above(mentionsByScore, t);
      long left = Arrays.stream(above).sum();
      if (left == all) {
        curve.clear();
      }
      if (left > 0) {
        curve.put(ScoreGrid.threshold(t), parts(above, above(bothByScore, t)));
      }
    }
    return curve;
  }

  private static long[] above(long[][] byScore, int threshold) {
    return Arrays.stream(byScore)
        .mapToLong(counts -> Arrays.stream(counts, threshold + 1, counts.length).sum())
        .toArray();
  }

  private static long[] column(long[][] counts, int at) {
    return Arrays.stream(counts).mapToLong(row -> row[at]).toArray();
  }

  private List<PairAgreement.Part> parts(long[] byModel, long[] byPair) {
    List<PairAgreement.Part> parts = new ArrayList<>(byPair.length);
    for (int a = 0; a < models; a++) {
      for (int b = a + 1; b < models; b++) {
        parts.add(new PairAgreement.Part(a, b, byModel[a], byModel[b], byPair[parts.size()]));
      }
    }
    return List.copyOf(parts);
  }
}
