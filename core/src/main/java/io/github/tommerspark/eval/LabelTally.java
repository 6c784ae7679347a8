package io.github.tommerspark.eval;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Counts the labels that two models gave to the mentions of both.
 *
 * <p>Kappa needs how often each model gave a label, and how often both did, but not which labels
 * met which others: memory is proportional to the number of different labels. If there are more
 * than {@value #MAX_LABELS}, all counts are dropped; that depends on the whole of the mentions
 * alone, as everything else, and not on their order or parts.
 *
 * <p>Not thread-safe.
 */
final class LabelTally implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Different labels at most, as many as one model may be given. */
  static final int MAX_LABELS = 10_000;

  /** Mentions to which the first model, the second, and both gave a label. */
  private static final class Counts implements Serializable {

    private static final long serialVersionUID = 1L;

    private long a;
    private long b;
    private long both;
  }

  /** By label; null stands for none. */
  private final Map<@Nullable String, Counts> labels = new HashMap<>();

  private long mentions;
  private boolean overflowed;

  /**
   * Counts a mention of both models.
   *
   * @param a label of the first model; null for none
   * @param b label of the second model; null for none
   */
  void add(@Nullable String a, @Nullable String b) {
    if (overflowed) {
      return;
    }
    mentions++;
    Counts first = counts(a);
    first.a++;
    if (a == null ? b == null : a.equals(b)) {
      first.b++;
      first.both++;
    } else {
      counts(b).b++;
    }
    dropIfTooMany();
  }

  private Counts counts(@Nullable String label) {
    return labels.computeIfAbsent(label, l -> new Counts());
  }

  private void dropIfTooMany() {
    int given = labels.containsKey(null) ? labels.size() - 1 : labels.size();
    if (given > MAX_LABELS) {
      overflowed = true;
      labels.clear();
    }
  }

  /** Adds what another tally has counted of the same models. */
  void merge(LabelTally other) {
    if (overflowed || other.overflowed) {
      overflowed = true;
      labels.clear();
      return;
    }
    mentions += other.mentions;
    other.labels.forEach(
        (label, more) -> {
          Counts counts = counts(label);
          counts.a += more.a;
          counts.b += more.b;
          counts.both += more.both;
        });
    dropIfTooMany();
  }

  /** Returns whether there were too many labels to be counted. */
  boolean isOverflowed() {
    return overflowed;
  }

  /** Returns the agreement; null if there is no label in what was counted, or too many are. */
  @Nullable LabelAgreement agreement() {
    if (labels.keySet().stream().allMatch(label -> label == null)) {
      return null;
    }
    long same = 0;
    double chance = 0;
    List<LabelAgreement.ByLabel> byLabel = new ArrayList<>();
    List<String> names = new ArrayList<>(labels.keySet());
    names.sort(Comparator.nullsLast(Comparator.naturalOrder()));
    for (String name : names) {
      Counts counts = Objects.requireNonNull(labels.get(name));
      same += counts.both;
      chance += apart(counts.a, counts.b);
      byLabel.add(
          new LabelAgreement.ByLabel(
              name,
              counts.a,
              counts.b,
              counts.both,
              kappa(
                  counts.a + counts.b - 2 * counts.both,
                  apart(counts.a, counts.b) + apart(counts.b, counts.a))));
    }
    return new LabelAgreement(mentions, same, kappa(mentions - same, chance), byLabel);
  }

  /**
   * The mentions that, by chance, have a class of the first model and another of the second, times
   * the number of mentions.
   */
  private double apart(long a, long b) {
    return (double) a * (mentions - b);
  }

  /**
   * Cohen's kappa as 1 - (1 - po) / (1 - pe), from the mentions that differ rather than from those
   * that agree, so that no difference of large numbers is taken.
   *
   * @param differing mentions whose classes differ
   * @param chance mentions whose classes would differ by chance, times the number of mentions
   */
  private double kappa(long differing, double chance) {
    return chance == 0 ? 1 : 1 - (double) mentions * differing / chance;
  }
}
