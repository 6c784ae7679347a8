package io.github.tommerspark.eval;

import io.github.tommerspark.gold.GoldDocument;
import io.github.tommerspark.gold.GoldSpan;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Counts what one model gets right and wrong in one data set, document after document. Tallies of
 * parts of a data set add up to the tally of the whole, in any order.
 *
 * <p>Not thread-safe.
 */
public final class EvaluationTally implements Serializable {

  /** A gold mention inside another one of its document. */
  public static final String NESTED = "nested";

  /** A gold mention inside no other one. */
  public static final String OUTERMOST = "outermost";

  private static final long serialVersionUID = 1L;

  private final double[] thresholds;
  private final boolean keepUnannotated;
  private final long[] curveHits;
  private final long[] curveMisses;
  private final WorstExamples missed;
  private final WorstExamples spurious;

  private long documents;
  private long unannotated;
  private long errors;
  private long truePositives;
  private long falsePositives;
  private long gold;
  private long candidateSpans;
  private boolean candidateSpansKnown = true;

  private final TypedTally typed = new TypedTally();

  /** Gold and found, by type. */
  private final TreeMap<String, long[]> types = new TreeMap<>();

  /** Gold, found, predicted and hits, by length. */
  private final long[][] lengths = new long[LengthScores.count()][4];

  /** Gold and found of outermost and of nested mentions. */
  private final long[][] nesting = new long[2][2];

  /**
   * An empty tally.
   *
   * @param thresholds for the precision–recall curve, rising; may be empty
   * @param keepUnannotated whether documents without a gold mention count; the published protocol
   *     leaves them out
   * @param examples how many mistakes of each kind to keep
   */
  public EvaluationTally(double[] thresholds, boolean keepUnannotated, int examples) {
    this.thresholds = thresholds.clone();
    this.keepUnannotated = keepUnannotated;
    this.curveHits = new long[thresholds.length];
    this.curveMisses = new long[thresholds.length];
    this.missed = new WorstExamples(EvaluationExample.Kind.MISSED, examples);
    this.spurious = new WorstExamples(EvaluationExample.Kind.SPURIOUS, examples);
  }

  /**
   * Returns whether a document counts, so that predictions for it are wanted.
   *
   * @param document that would be added
   */
  public boolean wants(GoldDocument document) {
    return keepUnannotated || !document.mentions().isEmpty();
  }

  /** Notes a document without a gold mention that is left out. */
  public void skip() {
    unannotated++;
  }

  /**
   * Compares a document's predictions with its gold mentions.
   *
   * @param document the gold mentions
   * @param predictions of the same text
   */
  public void add(GoldDocument document, DocumentPredictions predictions) {
    documents++;
    errors += predictions.error() == null ? 0 : 1;
    OptionalLong spans = predictions.candidateSpans();
    candidateSpansKnown &= spans.isPresent();
    candidateSpans += spans.orElse(0);
    gold += document.mentions().size();

    List<MatchKey> keys = new ArrayList<>(document.mentions().size());
    for (GoldSpan mention : document.mentions()) {
      keys.add(predictions.key(mention.start(), mention.end()));
    }
    Set<MatchKey> goldKeys = new HashSet<>(keys);
    goldKeys.remove(null);
    List<Prediction> predicted = predictions.predictions();
    Set<MatchKey> found = countPredictions(document, predicted, goldKeys);
    countGold(document, keys, found, predictions);
    countTypes(document, keys, predicted);
    countCurve(predictions, goldKeys);
  }

  private void countTypes(GoldDocument document, List<MatchKey> keys, List<Prediction> predicted) {
    Map<MatchKey, List<String>> byKey = new HashMap<>();
    List<String> lost = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String type = document.mentions().get(i).type();
      if (keys.get(i) == null) {
        lost.add(type);
      } else {
        byKey.computeIfAbsent(keys.get(i), key -> new ArrayList<>()).add(type);
      }
    }
    typed.add(byKey, lost, predicted);
  }

  /** Counts predictions and returns the keys of those that are gold. */
  private Set<MatchKey> countPredictions(
      GoldDocument document, List<Prediction> predicted, Set<MatchKey> goldKeys) {
    Set<MatchKey> found = new HashSet<>();
    Prediction worst = null;
    for (Prediction prediction : predicted) {
      boolean hit = goldKeys.contains(prediction.key());
      long[] length =
          lengths[LengthScores.of(document.text(), prediction.start(), prediction.end())];
      length[2]++;
      if (hit) {
        truePositives++;
        length[3]++;
        found.add(prediction.key());
      } else {
        falsePositives++;
        worst = worst == null || prediction.score() > worst.score() ? prediction : worst;
      }
    }
    if (worst != null) {
      spurious.add(document.id(), document.text(), worst.start(), worst.end(), worst.score(), null);
    }
    return found;
  }

  private void countGold(
      GoldDocument document,
      List<MatchKey> keys,
      Set<MatchKey> found,
      DocumentPredictions predictions) {
    boolean[] nested = nested(document.mentions());
    GoldSpan worst = null;
    double worstScore = Double.POSITIVE_INFINITY;
    for (int i = 0; i < keys.size(); i++) {
      GoldSpan mention = document.mentions().get(i);
      int hit = found.contains(keys.get(i)) ? 1 : 0;
      count(lengths[LengthScores.of(document.text(), mention.start(), mention.end())], hit);
      count(nesting[nested[i] ? 1 : 0], hit);
      if (mention.type() != null) {
        count(types.computeIfAbsent(mention.type(), type -> new long[2]), hit);
      }
      if (hit == 0) {
        OptionalDouble known =
            keys.get(i) == null ? OptionalDouble.empty() : predictions.score(keys.get(i));
        double score = known.orElse(-1);
        if (score < worstScore) {
          worst = mention;
          worstScore = score;
        }
      }
    }
    if (worst != null) {
      missed.add(
          document.id(),
          document.text(),
          worst.start(),
          worst.end(),
          worstScore < 0 ? null : (float) worstScore,
          worst.type());
    }
  }

  private static void count(long[] goldAndFound, int hit) {
    goldAndFound[0]++;
    goldAndFound[1] += hit;
  }

  /** Marks the mentions that lie inside another one with other boundaries. */
  static boolean[] nested(List<GoldSpan> mentions) {
    Integer[] order = new Integer[mentions.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingInt(i -> mentions.get(i).start())
            .thenComparing(i -> -mentions.get(i).end()));
    boolean[] nested = new boolean[order.length];
    // Of the mentions before in this order, which all start no later, the furthest end.
    int furthest = -1;
    for (int at = 0; at < order.length; at++) {
      GoldSpan mention = mentions.get(order[at]);
      GoldSpan previous = at == 0 ? null : mentions.get(order[at - 1]);
      boolean twin =
          previous != null
              && previous.start() == mention.start()
              && previous.end() == mention.end();
      nested[order[at]] = twin ? nested[order[at - 1]] : furthest >= mention.end();
      furthest = Math.max(furthest, mention.end());
    }
    return nested;
  }

  private void countCurve(DocumentPredictions predictions, Set<MatchKey> goldKeys) {
    for (int i = 0; i < thresholds.length; i++) {
      List<Prediction> predicted = predictions.predictions(thresholds[i]);
      if (predicted.isEmpty()) {
        return;
      }
      for (Prediction prediction : predicted) {
        if (goldKeys.contains(prediction.key())) {
          curveHits[i]++;
        } else {
          curveMisses[i]++;
        }
      }
    }
  }

  /**
   * Adds another part of the same data set.
   *
   * @param other a tally with the same thresholds
   */
  public void merge(EvaluationTally other) {
    if (!Arrays.equals(thresholds, other.thresholds)) {
      throw new IllegalArgumentException("Tallies with different thresholds cannot be added");
    }
    documents += other.documents;
    unannotated += other.unannotated;
    errors += other.errors;
    truePositives += other.truePositives;
    falsePositives += other.falsePositives;
    gold += other.gold;
    candidateSpans += other.candidateSpans;
    candidateSpansKnown &= other.candidateSpansKnown;
    other.types.forEach(
        (type, counts) -> add(types.computeIfAbsent(type, key -> new long[2]), counts));
    for (int i = 0; i < lengths.length; i++) {
      add(lengths[i], other.lengths[i]);
    }
    for (int i = 0; i < nesting.length; i++) {
      add(nesting[i], other.nesting[i]);
    }
    add(curveHits, other.curveHits);
    add(curveMisses, other.curveMisses);
    typed.merge(other.typed);
    missed.merge(other.missed);
    spurious.merge(other.spurious);
  }

  private static void add(long[] sums, long[] more) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += more[i];
    }
  }

  /** The counts at the model's own threshold. */
  public SpanScores scores() {
    return new SpanScores(truePositives, falsePositives, gold);
  }

  /** Documents that count. */
  public long documents() {
    return documents;
  }

  /** Documents that were left out because no mention is marked in them. */
  public long unannotated() {
    return unannotated;
  }

  /** Documents that could not be read by the model; they count, without predictions. */
  public long errors() {
    return errors;
  }

  /** Spans that the model chose among; empty if that is not known of every document. */
  public OptionalLong candidateSpans() {
    return candidateSpansKnown ? OptionalLong.of(candidateSpans) : OptionalLong.empty();
  }

  /**
   * Recall by type of gold mention, in alphabetical order; mentions without a type are left out.
   */
  public List<GroupRecall> types() {
    List<GroupRecall> recalls = new ArrayList<>();
    for (Map.Entry<String, long[]> type : types.entrySet()) {
      recalls.add(new GroupRecall(type.getKey(), type.getValue()[0], type.getValue()[1]));
    }
    return recalls;
  }

  /** Returns the agreement of labels with gold types; empty if predictions have no labels. */
  public Optional<TypedScores> typed() {
    return typed.scores();
  }

  /** Recall of outermost and of nested gold mentions. */
  public List<GroupRecall> nesting() {
    return List.of(
        new GroupRecall(OUTERMOST, nesting[0][0], nesting[0][1]),
        new GroupRecall(NESTED, nesting[1][0], nesting[1][1]));
  }

  /** Scores by length in words, shortest first; lengths that do not occur are left out. */
  public List<LengthScores> lengths() {
    List<LengthScores> scores = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      long[] counts = lengths[i];
      if (counts[0] + counts[2] > 0) {
        scores.add(
            new LengthScores(LengthScores.label(i), counts[0], counts[1], counts[2], counts[3]));
      }
    }
    return scores;
  }

  /** The precision–recall curve, lowest threshold first. */
  public List<CurvePoint> curve() {
    List<CurvePoint> points = new ArrayList<>();
    for (int i = 0; i < thresholds.length; i++) {
      points.add(new CurvePoint(thresholds[i], new SpanScores(curveHits[i], curveMisses[i], gold)));
    }
    return points;
  }

  /** The worst mistakes: missed mentions first, each kind worst first. */
  public List<EvaluationExample> examples() {
    List<EvaluationExample> examples = new ArrayList<>(missed.list());
    examples.addAll(spurious.list());
    return examples;
  }
}
